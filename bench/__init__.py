"""`make bench`: what docs/benchmarks.md promises, as ratios within one run where speed decides."""
