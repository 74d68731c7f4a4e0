package io.cachefs.fuse.kernel.dispatch;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The exchanges in which requests are being served. Thread-safe. A request costs one store here,
 * not an entry in a map: interrupts are rare and search.
 */
public final class InFlight {
  private final List<Exchange> exchanges = new CopyOnWriteArrayList<>();
  private final WaitingRequests waiting;

  /** Looks for interrupted requests in the exchanges that are added, and in {@code waiting}. */
  public InFlight(WaitingRequests waiting) {
    this.waiting = waiting;
  }

  public void add(Exchange exchange) {
    exchanges.add(exchange);
  }

  public void remove(Exchange exchange) {
    exchanges.remove(exchange);
  }

  Exchange.Interrupted interrupt(long unique, InterruptedCallers callers) {
    int caller = waiting.callerOf(unique);
    if (caller != WaitingRequests.NOBODY && !callers.isDying(caller)) {
      return Exchange.Interrupted.CALLER_LIVES;
    }
    if (caller != WaitingRequests.NOBODY && waiting.withdraw(unique)) {
      return Exchange.Interrupted.TAKEN;
    }
    for (Exchange exchange : exchanges) {
      Exchange.Interrupted found = exchange.interrupt(unique, callers);
      if (found != Exchange.Interrupted.NOT_HERE) {
        return found;
      }
    }
    return Exchange.Interrupted.NOT_HERE;
  }

  /** Requests that were received and wait for a thread. */
  public interface WaitingRequests {
    /** Stands for the caller of a request that does not wait. */
    int NOBODY = -1;

    /** Nothing ever waits. */
    WaitingRequests NONE =
        new WaitingRequests() {
          @Override
          public int callerOf(long unique) {
            return NOBODY;
          }

          @Override
          public boolean withdraw(long unique) {
            return false;
          }
        };

    /** Returns the thread whose waiting request has this number, or {@link #NOBODY}. */
    int callerOf(long unique);

    /** Drops the request with this number; returns whether it was waiting. */
    boolean withdraw(long unique);
  }
}
