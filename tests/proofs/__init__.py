"""Programs that kill and race real processes: `make test` runs them small, `make prove` at full length (`python -m tests.proofs.kill --help`)."""
