#!/bin/bash
# Times of single operations inside the process, with bytes allocated by each.
#
#   bench/jmh.sh               every benchmark with 1, 4, 32 and 100 threads
#   bench/jmh.sh -t 1 readHit  what JMH is told instead
set -eu
cd "$(dirname "$(readlink -f "$0")")/.."
mvn -q -B -P bench package -pl fs-core,benchmarks -am -DskipTests -DskipITs -Djacoco.skip=true
# Times differ by the Java that runs them: say which.
java -version 2>&1 | head -1
run() {
  java -cp "benchmarks/target/classes:benchmarks/target/lib/*" org.openjdk.jmh.Main -prof gc "$@" |
    grep -E '^(Benchmark|[A-Za-z]*Benchmark\.)' | grep -vE 'gc\.(alloc\.rate |count|time)'
}
if [ $# -gt 0 ]; then
  run "$@"
else
  for threads in 1 4 32 100; do
    echo "threads: $threads"
    run -t "$threads"
  done
fi
