"""`make bench`: what docs/benchmarks.md promises, measured in one run, as ratios where a machine's speed would decide."""
