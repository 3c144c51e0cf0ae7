"""What `make bench` measures; docs/benchmarks.md says what each number means."""
