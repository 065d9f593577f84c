"""How many miners inside TLS are found without termination, and how many honest talks are taken for one.

``python -m benchmarks.disguise``. A **run** is one tool call in a cell of its own under an observing profile: a program that
talks over TLS with the allowed host for a minute and a half. **Mining** runs are stand-ins that hash and speak Stratum;
**honest** runs are workers of a queue, pollers, MQTT and WebSocket clients, with and without computing beside. All are real
processes, sockets and handshakes in a network namespace of their own. The **plan** draws each run's ways from a seed; the
detector's thresholds were chosen on a simulation and on seeds below 1000, the default seed is another.
"""
