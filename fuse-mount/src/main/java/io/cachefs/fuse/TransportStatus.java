package io.cachefs.fuse;

import io.cachefs.metrics.OperationMetrics;
import java.util.List;

/**
 * What a transport says of itself.
 *
 * @param transport its name
 * @param protocol version of the FUSE protocol in use, for example "7.45"
 * @param passthrough whether the kernel reads and writes open files by itself
 * @param threads how many threads serve requests now
 * @param failures replies that were not an answer but a fault, EIO with a cause in the log
 * @param lostNotices how often there were more changes to tell the kernel than could be queued, so
 *     that it was told to forget more than had changed
 * @param operations calls by operation
 */
public record TransportStatus(
    String transport,
    String protocol,
    boolean passthrough,
    int threads,
    long failures,
    long lostNotices,
    List<OperationMetrics.Row> operations) {}
