package io.cachefs.writeback.send;

import io.cachefs.base.FsException;
import io.cachefs.source.Source;
import java.time.InstantSource;

/** Makes one change at the source, if it is not there already. Thread-safe. */
final class Delivery {
  private final Makes makes;
  private final Changes changes;
  private final Names names;

  Delivery(Source source, SendSettings settings, InstantSource time) {
    At at = new At(source, settings);
    Body body = new Body(at);
    Naming naming = new Naming(settings);
    Conflicts conflicts = new Conflicts(settings, naming, time);
    Leftovers leftovers = new Leftovers(at, naming);
    this.makes = new Makes(at, body, conflicts, leftovers);
    this.changes = new Changes(at, body, conflicts, naming, leftovers);
    this.names = new Names(at, conflicts);
  }

  Receipt deliver(Shipment shipment) throws FsException {
    if (shipment instanceof Shipment.Make make) {
      return makes.send(make);
    } else if (shipment instanceof Shipment.Change change) {
      return changes.send(change);
    } else if (shipment instanceof Shipment.Remove remove) {
      return names.send(remove);
    } else if (shipment instanceof Shipment.Link link) {
      return names.send(link);
    } else {
      return names.send((Shipment.Rename) shipment);
    }
  }
}
