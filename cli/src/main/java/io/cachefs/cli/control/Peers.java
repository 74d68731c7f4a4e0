package io.cachefs.cli.control;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;

/** Who may ask: the user of this process and root. Immutable. */
final class Peers {
  private final Set<UserPrincipal> allowed;

  private Peers(Set<UserPrincipal> allowed) {
    this.allowed = allowed;
  }

  static Peers current() throws IOException {
    UserPrincipalLookupService users = FileSystems.getDefault().getUserPrincipalLookupService();
    UserPrincipal self = Files.getOwner(Path.of("/proc/self"));
    UserPrincipal root = users.lookupPrincipalByName("0");
    return new Peers(self.equals(root) ? Set.of(self) : Set.of(self, root));
  }

  /** The kernel noted who connected, so nobody can pretend. */
  boolean mayAsk(SocketChannel client) throws IOException {
    return allowed.contains(client.getOption(ExtendedSocketOptions.SO_PEERCRED).user());
  }
}
