"""The demonstration fund: its data (`data/`, invented), and the acts that bring it to life through the real verbs, in the order of time."""
