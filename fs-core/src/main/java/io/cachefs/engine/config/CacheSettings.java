package io.cachefs.engine.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How a cache is to behave. Immutable; every value is checked when it is made.
 *
 * @param directory where the cache is kept
 * @param consistency when the source is asked
 * @param rules other answers to that for files whose path fits; the first that fits counts
 * @param lifetimes how long answers of the source are used without asking again
 * @param limits what may be used
 * @param fetching how content is brought in
 * @param source what is expected of the source
 * @param writing what happens to what is written
 */
public record CacheSettings(
    Path directory,
    Consistency consistency,
    List<Rule> rules,
    Lifetimes lifetimes,
    Limits limits,
    Fetching fetching,
    SourceCare source,
    Writing writing) {

  /** Stands for "for ever". */
  public static final Duration FOREVER = Duration.ofDays(36_500);

  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;

  public CacheSettings {
    rules = List.copyOf(rules);
  }

  public static CacheSettings of(Path directory) {
    return new CacheSettings(
        directory,
        Consistency.CLOSE_TO_OPEN,
        List.of(),
        Lifetimes.DEFAULT,
        Limits.DEFAULT,
        Fetching.DEFAULT,
        SourceCare.DEFAULT,
        Writing.DEFAULT);
  }

  public CacheSettings at(Path other) {
    return new CacheSettings(
        other, consistency, rules, lifetimes, limits, fetching, source, writing);
  }

  public CacheSettings with(Consistency other) {
    return new CacheSettings(directory, other, rules, lifetimes, limits, fetching, source, writing);
  }

  public CacheSettings withRules(List<Rule> other) {
    return new CacheSettings(
        directory, consistency, other, lifetimes, limits, fetching, source, writing);
  }

  public CacheSettings with(Lifetimes other) {
    return new CacheSettings(
        directory, consistency, rules, other, limits, fetching, source, writing);
  }

  public CacheSettings with(Limits other) {
    return new CacheSettings(
        directory, consistency, rules, lifetimes, other, fetching, source, writing);
  }

  public CacheSettings with(Fetching other) {
    return new CacheSettings(
        directory, consistency, rules, lifetimes, limits, other, source, writing);
  }

  public CacheSettings with(SourceCare other) {
    return new CacheSettings(
        directory, consistency, rules, lifetimes, limits, fetching, other, writing);
  }

  public CacheSettings with(Writing other) {
    return new CacheSettings(
        directory, consistency, rules, lifetimes, limits, fetching, source, other);
  }

  /** When the source is asked whether what is known is still right. */
  public enum Consistency {
    /** At every lookup, stat and open. */
    STRICT,
    /** When a file is opened, unless it was asked within the lifetime of attributes. */
    CLOSE_TO_OPEN,
    /** When the lifetime is over. */
    TTL,
    /** Never: nobody else changes the source. */
    EXCLUSIVE
  }

  /**
   * A rule for the files whose path, relative to the source, fits a glob.
   *
   * @param glob as {@link java.nio.file.FileSystem#getPathMatcher} has it; without a slash it is
   *     compared with the last component
   * @param ttl the lifetimes if {@code consistency} is TTL, else not used
   */
  public record Rule(String glob, Consistency consistency, Duration ttl) {}

  /**
   * How long answers are used without asking again, unless the source reports changes by itself:
   * then until it does.
   *
   * @param attributes of files
   * @param names that exist
   * @param absentNames that do not
   * @param data blocks fetched, whatever the version says
   */
  public record Lifetimes(
      Duration attributes, Duration names, Duration absentNames, Duration data) {
    private static final Duration SECOND = Duration.ofSeconds(1);

    public static final Lifetimes DEFAULT = new Lifetimes(SECOND, SECOND, SECOND, FOREVER);

    /** One lifetime for all but data. */
    public static Lifetimes all(Duration ttl) {
      return new Lifetimes(ttl, ttl, ttl, FOREVER);
    }
  }

  /** Which content leaves first. */
  public enum Eviction {
    LRU,
    LFU,
    FIFO,
    TTL,
    HYBRID,
    TINYLFU
  }

  /**
   * What may be used. Nothing is exceeded by a byte.
   *
   * @param diskBytes of the cache directory: blobs, index, directories
   * @param files cached contents
   * @param freeBytes what must stay free on its file system
   * @param freeInodes likewise
   * @param memoryBytes off-heap, for data
   * @param metadataBytes on the heap, for attributes and names
   * @param pinnedBytes of {@code diskBytes}, what pins may hold
   * @param eviction which content leaves first
   * @param ttl how long content stays with {@link Eviction#TTL}
   */
  public record Limits(
      long diskBytes,
      long files,
      long freeBytes,
      long freeInodes,
      long memoryBytes,
      long metadataBytes,
      long pinnedBytes,
      Eviction eviction,
      Duration ttl) {
    /** The smallest cache that can hold its own directories and index. */
    public static final long MIN_DISK_BYTES = 4 * MIB;

    public static final Limits DEFAULT =
        new Limits(
            10 * GIB,
            10_000_000,
            GIB,
            10_000,
            64 * MIB,
            64 * MIB,
            5 * GIB,
            Eviction.TINYLFU,
            Duration.ofDays(30));

    public Limits {
      if (diskBytes < MIN_DISK_BYTES) {
        throw new IllegalArgumentException(
            "a cache of " + diskBytes + " bytes is too small, it needs " + MIN_DISK_BYTES);
      }
    }

    public Limits withDiskBytes(long bytes) {
      return new Limits(
          bytes,
          files,
          freeBytes,
          freeInodes,
          memoryBytes,
          metadataBytes,
          Math.min(pinnedBytes, bytes / 2),
          eviction,
          ttl);
    }

    public Limits withMemoryBytes(long bytes) {
      return new Limits(
          diskBytes,
          files,
          freeBytes,
          freeInodes,
          bytes,
          metadataBytes,
          pinnedBytes,
          eviction,
          ttl);
    }

    public Limits with(Eviction other) {
      return new Limits(
          diskBytes,
          files,
          freeBytes,
          freeInodes,
          memoryBytes,
          metadataBytes,
          pinnedBytes,
          other,
          ttl);
    }
  }

  /** When cached bytes are compared with their checksum. */
  public enum Verify {
    /** Never. */
    NONE,
    /** When they are read the first time after they were fetched, or after a restart. */
    FETCH,
    /** When they are read the first time after a while, and always by the scrubber. */
    READ,
    /** Each time; the kernel may not serve them by itself then. */
    FULL
  }

  /**
   * How content is brought in.
   *
   * @param verify when cached bytes are checked
   * @param inlineMax files up to this size are kept in the index
   * @param maxFileBytes larger files are not cached
   * @param include globs; if there are any, only what fits one is cached
   * @param exclude globs of what is not cached
   * @param streams fetches that run at the same time
   * @param readAheadBytes the largest read-ahead of one open file
   * @param directories whether the small files of a directory being walked are fetched ahead
   * @param shards of the memory tier, a power of two; 0 to choose from the processors
   */
  public record Fetching(
      Verify verify,
      int inlineMax,
      long maxFileBytes,
      List<String> include,
      List<String> exclude,
      int streams,
      long readAheadBytes,
      boolean directories,
      int shards) {
    public static final Fetching DEFAULT =
        new Fetching(Verify.READ, 4096, Long.MAX_VALUE, List.of(), List.of(), 16, 8 * MIB, true, 0);

    public Fetching {
      include = List.copyOf(include);
      exclude = List.copyOf(exclude);
    }

    public Fetching with(Verify other) {
      return new Fetching(
          other,
          inlineMax,
          maxFileBytes,
          include,
          exclude,
          streams,
          readAheadBytes,
          directories,
          shards);
    }
  }

  /**
   * What is expected of the source.
   *
   * @param deadline how long one call may take before its caller is told EIO
   * @param waitsOffline whether callers wait for a source that is down, and are not told EIO
   * @param watch whether a local source is watched for changes
   */
  public record SourceCare(Duration deadline, boolean waitsOffline, boolean watch) {
    public static final SourceCare DEFAULT = new SourceCare(Duration.ofSeconds(10), false, true);
  }

  /**
   * What happens to what is written.
   *
   * @param rules other answers to that for files whose path fits; the first that fits counts
   * @param back how write-back works, if that is the mode
   */
  public record Writing(WriteMode mode, List<WriteRule> rules, WriteBackCare back) {
    public static final Writing DEFAULT = new Writing(WriteMode.WRITE_THROUGH, List.of());

    public Writing {
      rules = List.copyOf(rules);
    }

    public Writing(WriteMode mode, List<WriteRule> rules) {
      this(mode, rules, WriteBackCare.DEFAULT);
    }
  }

  /**
   * How changes wait that are not at the source yet.
   *
   * @param delay since the last change of a file, before it is sent
   * @param openDelay at most, while a file is open for writing
   * @param syncsAtSource whether fsync waits for the source, and not just for the journal
   * @param offline whether nothing is sent until somebody says so
   * @param onConflict what is done when the source was changed too
   * @param flushers threads that send
   * @param dirty how much may wait
   */
  public record WriteBackCare(
      Duration delay,
      Duration openDelay,
      boolean syncsAtSource,
      boolean offline,
      OnConflict onConflict,
      int flushers,
      DirtyLimits dirty) {
    public static final WriteBackCare DEFAULT =
        new WriteBackCare(Duration.ofSeconds(1), Duration.ofSeconds(30), false, false);

    public WriteBackCare(
        Duration delay, Duration openDelay, boolean syncsAtSource, boolean offline) {
      this(delay, openDelay, syncsAtSource, offline, OnConflict.KEEP_BOTH, 8, DirtyLimits.DEFAULT);
    }

    public WriteBackCare with(DirtyLimits other) {
      return new WriteBackCare(
          delay, openDelay, syncsAtSource, offline, onConflict, flushers, other);
    }
  }

  /**
   * How much may be changed here and not at the source. What is not at the source takes a part of
   * {@link Limits#diskBytes} and of the heap, so these may bound it before.
   *
   * @param bytes of changes, or 0 for a part of the cache: see {@link #STANDARD_PART}
   * @param files that differ from the source, or operations if those are more
   * @param age of the oldest change, above which writers are slowed; zero for never
   * @param patience how long a writer waits at a limit while nothing can be sent, before ENOSPC
   */
  public record DirtyLimits(long bytes, long files, Duration age, Duration patience) {
    /** In percent of what the cache has beside its index at least. */
    public static final int STANDARD_PART = 60;

    public static final DirtyLimits DEFAULT =
        new DirtyLimits(0, 350_000, Duration.ofMinutes(10), Duration.ofSeconds(30));

    public DirtyLimits {
      if (bytes < 0 || files < 1) {
        throw new IllegalArgumentException("nothing could be written");
      }
    }
  }

  /** What is done with a change when the source has something else than it was based on. */
  public enum OnConflict {
    /** Both versions stay, ours under another name. */
    KEEP_BOTH,
    /** Ours takes the place of the source's. */
    OURS,
    /** The source's stays and ours is given up. */
    THEIRS
  }

  /** A rule for the files whose path, relative to the source, fits a glob, as in {@link Rule}. */
  public record WriteRule(String glob, WriteMode mode) {
    public WriteRule {
      if (mode == WriteMode.WRITE_BACK) {
        throw new IllegalArgumentException("write-back is for all files or for none");
      }
    }
  }
}
