"""What the monitors' shipped weights are trained and measured on: synthetic thoughts, and scripted agents in the office."""
