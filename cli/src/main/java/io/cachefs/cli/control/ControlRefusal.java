package io.cachefs.cli.control;

/** A request that the server of a mount did not fulfil; the message is one sentence. */
public final class ControlRefusal extends Exception {
  private static final long serialVersionUID = 1L;

  public ControlRefusal(String message) {
    super(message);
  }
}
