"""What the fund costs on this machine, beside what the machine can do at all. `make bench` prints it, `make prove` runs the long figures."""
