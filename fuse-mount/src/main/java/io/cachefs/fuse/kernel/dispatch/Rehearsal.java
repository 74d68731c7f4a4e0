package io.cachefs.fuse.kernel.dispatch;

import io.cachefs.fuse.ErrnoReply;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.kernel.wire.Opcode;
import io.cachefs.fuse.kernel.wire.Reply;
import io.cachefs.fuse.kernel.wire.Request;
import io.cachefs.metrics.OperationMetrics;
import io.cachefs.vfs.Vfs;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Serves made-up requests over a scratch file system, so that the code which serves real ones is
 * compiled before the first of them comes. A JVM interprets code some hundred times before that,
 * which made the first two thousand requests of a mount several times slower than the rest. Used by
 * one thread.
 */
public final class Rehearsal {
  private static final int READ_WRITE_CREATE = 0102;
  private static final int FILE_MODE = 0100600;
  private static final int SOME_BYTES = 4096;

  private final Dispatcher dispatcher;
  private final Exchange exchange;
  private final ByteBuffer memory =
      ByteBuffer.allocateDirect(Exchange.SIZE).order(ByteOrder.nativeOrder());
  private int answer;
  private long unique;

  /** Works on {@code scratch}, which nobody else uses, as a mount with {@code options} would. */
  public Rehearsal(Vfs scratch, MountOptions options) {
    InFlight inFlight = new InFlight(InFlight.WaitingRequests.NONE);
    dispatcher =
        new Dispatcher(
            new Dispatcher.Parts(
                scratch,
                options,
                new OpenModes(new NumberedFiles(), options.passthrough()),
                ChangeNotices.NONE,
                inFlight,
                new NobodyDies(),
                new ErrnoReply(),
                new OperationMetrics(Opcode.namesByNumber()),
                () -> 0),
            true);
    exchange =
        new Exchange(
            memory,
            (offset, length) -> {
              answer = offset;
              return true;
            });
    inFlight.add(exchange);
  }

  private static final class NumberedFiles implements BackingFiles {
    private int last;

    @Override
    public int open(int descriptor) {
      return ++last;
    }

    @Override
    public void close(int backingId) {}
  }

  private static final class NobodyDies implements InterruptedCallers {
    @Override
    public boolean isDying(int thread) {
      return false;
    }

    @Override
    public void askAgain(long interrupt) {}
  }

  /** Plays the life of one file after the other until {@code enough} says so. */
  public void play(BooleanSupplier enough) {
    for (int i = 0; !enough.getAsBoolean(); i++) {
      String name = "f" + i % 10;
      long file = make(name);
      look(name, file);
      list(Vfs.ROOT);
      change(name, file);
    }
  }

  /** Plays a client that reads all files of a directory in the root, after listing it or not. */
  public void read(String directory, List<String> files, boolean listsFirst) {
    serve(Opcode.LOOKUP, Vfs.ROOT, text(body(), directory));
    if (memory.getInt(answer + 4) != 0) {
      return;
    }
    long parent = memory.getLong(answer + Reply.HEADER);
    if (listsFirst) {
      list(parent);
    }
    for (String file : files) {
      serve(Opcode.LOOKUP, parent, text(body(), file));
      if (memory.getInt(answer + 4) == 0) {
        long node = memory.getLong(answer + Reply.HEADER);
        serve(Opcode.GETATTR, node, body().putLong(0).putLong(0));
        readAll(node);
      }
    }
  }

  private void readAll(long file) {
    serve(Opcode.OPEN, file, body().putLong(0));
    long handle = memory.getLong(answer + Reply.HEADER);
    ByteBuffer body = body().putLong(handle).putLong(0).putInt(SOME_BYTES).putInt(0);
    serve(Opcode.READ, file, body.putLong(0).putLong(0));
    end(file, handle, 0);
  }

  private long make(String name) {
    ByteBuffer body = body().putInt(READ_WRITE_CREATE).putInt(FILE_MODE).putInt(022).putInt(0);
    serve(Opcode.CREATE, Vfs.ROOT, text(body, name));
    long file = memory.getLong(answer + Reply.HEADER);
    long handle = memory.getLong(answer + Reply.HEADER + Reply.ENTRY);
    body = body().putLong(handle).putLong(0).putInt(SOME_BYTES).putInt(0).putLong(0).putLong(0);
    serve(Opcode.WRITE, file, body.position(body.position() + SOME_BYTES));
    end(file, handle, 1);
    return file;
  }

  private void look(String name, long file) {
    for (int i = 0; i < 4; i++) {
      serve(Opcode.LOOKUP, Vfs.ROOT, text(body(), name));
      serve(Opcode.LOOKUP, Vfs.ROOT, text(body(), "absent"));
      serve(Opcode.GETATTR, file, body().putLong(0).putLong(0));
      serve(Opcode.GETXATTR, file, text(body().putLong(0), "security.selinux"));
      readAll(file);
      serve(Opcode.FORGET, file, body().putLong(1));
    }
  }

  private void end(long file, long handle, int written) {
    if (written != 0) {
      serve(Opcode.FLUSH, file, body().putLong(handle).putLong(0).putLong(0));
    }
    serve(Opcode.RELEASE, file, body().putLong(handle).putInt(written).putInt(0).putLong(0));
  }

  private void list(long directory) {
    serve(Opcode.OPENDIR, directory, body().putLong(0));
    boolean opened = memory.getInt(answer + 4) == 0;
    long handle = opened ? memory.getLong(answer + Reply.HEADER) : 0;
    for (Opcode opcode : new Opcode[] {Opcode.READDIRPLUS, Opcode.READDIR}) {
      ByteBuffer body = body().putLong(handle).putLong(0).putInt(SOME_BYTES).putInt(0);
      serve(opcode, directory, body.putLong(0).putLong(0));
    }
    if (opened) {
      serve(Opcode.RELEASEDIR, directory, body().putLong(handle).putLong(0).putLong(0));
    }
  }

  private void change(String name, long file) {
    serve(Opcode.MKDIR, Vfs.ROOT, text(body().putInt(0700).putInt(022), "d"));
    long directory = memory.getLong(answer + Reply.HEADER);
    ByteBuffer body = text(body().putLong(directory).putLong(0), name);
    serve(Opcode.RENAME2, Vfs.ROOT, text(body, "moved"));
    serve(Opcode.UNLINK, directory, text(body(), "moved"));
    serve(Opcode.FORGET, file, body().putLong(1));
    serve(Opcode.RMDIR, Vfs.ROOT, text(body(), "d"));
    serve(Opcode.FORGET, directory, body().putLong(1));
  }

  /** Returns the memory, at the start of a request's body. */
  private ByteBuffer body() {
    return memory.clear().position(Request.HEADER);
  }

  private static ByteBuffer text(ByteBuffer body, String text) {
    return body.put(text.getBytes(StandardCharsets.US_ASCII)).put((byte) 0);
  }

  private void serve(Opcode opcode, long node, ByteBuffer body) {
    int length = body.position();
    unique += 2;
    memory.putInt(0, length).putInt(4, opcode.number()).putLong(8, unique).putLong(16, node);
    memory.putLong(24, 0).putLong(32, 0);
    dispatcher.serve(exchange, length);
  }
}
