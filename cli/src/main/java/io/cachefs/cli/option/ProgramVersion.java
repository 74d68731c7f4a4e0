package io.cachefs.cli.option;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version of this program, as the build wrote it down. */
public final class ProgramVersion implements IVersionProvider {
  /** Returns for example {@code 0.1.0}. */
  public static String text() {
    Properties properties = new Properties();
    try (InputStream in =
        ProgramVersion.class.getResourceAsStream("/io/cachefs/cli/version.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version", "unknown");
  }

  @Override
  public String[] getVersion() {
    return new String[] {"cachefs " + text()};
  }
}
