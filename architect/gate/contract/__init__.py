"""The contract tests of a spec, run by pytest beside a candidate in a sandbox."""
