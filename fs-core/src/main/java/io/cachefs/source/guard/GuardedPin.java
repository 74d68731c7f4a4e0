package io.cachefs.source.guard;

import io.cachefs.source.FileId;
import io.cachefs.source.Pin;
import io.cachefs.source.SourceNode;

/** A pin whose end nobody waits for. */
final class GuardedPin implements Pin {
  private final Gate gate;
  private final Pin inner;

  GuardedPin(Gate gate, Pin inner) {
    this.gate = gate;
    this.inner = inner;
  }

  @Override
  public FileId id() {
    return inner.id();
  }

  @Override
  public void attach(SourceNode node) {
    inner.attach(node);
  }

  @Override
  public void close() {
    gate.later(inner::close);
  }
}
