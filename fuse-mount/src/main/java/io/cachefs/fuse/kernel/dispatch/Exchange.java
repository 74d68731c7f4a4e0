package io.cachefs.fuse.kernel.dispatch;

import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.fuse.kernel.wire.Reply;
import io.cachefs.fuse.kernel.wire.Request;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory in which one thread receives requests and builds replies, one after the other. Owned
 * by that thread; only {@link #inFlight} is touched by others.
 *
 * <p>Layout: the request starts at 0. A small request is answered in the same memory, with the body
 * of the reply at a page boundary after it; a large one (data to write, a long list) leaves no room
 * there and is answered at the end, where any reply but those of READ and READDIR fits.
 */
public final class Exchange {
  /** The largest transfer agreed on with the kernel. */
  public static final int MAX_TRANSFER = 1 << 20;

  /** What the kernel wants offered for each request: the data and a page for what goes around. */
  public static final int REQUEST_ROOM = MAX_TRANSFER + 4096;

  private static final int SMALL_REQUEST = 4096;
  private static final int BODY_AFTER_SMALL = 8192;

  /** Enough for the output of an ioctl, 16 KiB, and for an extended attribute. */
  private static final int TAIL = 96 * 1024;

  /** Size of the memory. */
  public static final int SIZE = BODY_AFTER_SMALL + MAX_TRANSFER + TAIL;

  /** No request is being served. */
  private static final long NONE = 0;

  /** Set in {@link #inFlight} if the request runs to its end; the kernel's numbers are even. */
  private static final long KEEPS_RUNNING = 1;

  // Given at construction, never changes.
  private final ByteBuffer memory;
  private final ReplyPort port;
  private final ByteBuffer window;
  private final Request request;
  private final Reply reply;

  // State of the request being served.

  /** The number of the request being served, so that an interrupt finds it. */
  private final AtomicLong inFlight = new AtomicLong(NONE);

  /** {@link ChangeNotices#announced} when the request began to be served. */
  long announcedBefore;

  /** The inode that the reply hands out, 0 if none. */
  long givenInode;

  /** The handle that the reply hands out, meaningful if {@link #givesHandle}. */
  long givenHandle;

  boolean givesHandle;
  boolean givesDirectoryHandle;

  /** Whether the reply hands out the inodes of a listing. */
  boolean givesListing;

  /**
   * Works on {@code memory} of {@link #SIZE} bytes in the machine's byte order; replies go to
   * {@code port}.
   */
  public Exchange(ByteBuffer memory, ReplyPort port) {
    this.memory = memory;
    this.port = port;
    this.window = memory.duplicate().order(memory.order());
    this.request = new Request(memory);
    this.reply = new Reply(memory);
  }

  public Request request() {
    return request;
  }

  public Reply reply() {
    return reply;
  }

  public ByteBuffer memory() {
    return memory;
  }

  /** Returns the body bytes of the request from {@code offset} on, valid until the next call. */
  ByteBuffer requestWindow(int offset, int count) throws FsException {
    request.expose(window, offset, count);
    return window;
  }

  /** Returns room for {@code size} bytes of the reply's body, valid until the next call. */
  ByteBuffer replyWindow(int size) {
    reply.expose(window, size);
    return window;
  }

  /** Sends the reply; returns whether the kernel took it. */
  boolean send() {
    return port.send(reply.start(), reply.length());
  }

  Caller caller(int umask) {
    return new Caller(request.uid(), request.gid(), request.pid(), umask);
  }

  void beginReply(int requestLength) {
    boolean small = requestLength <= SMALL_REQUEST;
    reply.begin((small ? BODY_AFTER_SMALL : BODY_AFTER_SMALL + MAX_TRANSFER) - Reply.HEADER);
    givenInode = 0;
    givesHandle = false;
    givesDirectoryHandle = false;
    givesListing = false;
  }

  void handsOut(long inodeId) {
    givenInode = inodeId;
  }

  void handsOutHandle(long handle) {
    givenHandle = handle;
    givesHandle = true;
  }

  void startServing(long unique, boolean interruptible) {
    inFlight.set(interruptible ? unique : unique | KEEPS_RUNNING);
  }

  /** Ends serving; returns whether the answer is still wanted, so that it must be sent. */
  boolean finishServing(long unique, boolean interruptible) {
    if (interruptible) {
      return inFlight.compareAndSet(unique, NONE);
    }
    inFlight.set(NONE);
    return true;
  }

  /** What an interrupt finds. */
  enum Interrupted {
    /** Another request is served here, or none. */
    NOT_HERE,
    /** The request runs to its end and is answered then. */
    KEEPS_RUNNING,
    /** The request goes on because its caller lives on and wants the answer. */
    CALLER_LIVES,
    /** The caller of this method has to answer the request, nobody else will. */
    TAKEN
  }

  /** Called from any thread. */
  Interrupted interrupt(long unique, InterruptedCallers callers) {
    long now = inFlight.get();
    if (now == unique && !callers.isDying(request.pid())) {
      return Interrupted.CALLER_LIVES;
    }
    if (now == unique && inFlight.compareAndSet(unique, NONE)) {
      return Interrupted.TAKEN;
    }
    return now == (unique | KEEPS_RUNNING) ? Interrupted.KEEPS_RUNNING : Interrupted.NOT_HERE;
  }
}
