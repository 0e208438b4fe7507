"""Sides that are timed in turns, each in a process of its own: this crate, and its peers in Python."""
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

THREADS = 2


# A peer's process

def resident(field):
    """A number that the system knows of this process, in megabytes."""
    line, = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def serve(evaluate, describe):
    """Evaluates for as many seconds as each line of the input says, and answers each with a line of JSON: what
    `describe` makes of the last result, the fastest evaluation, and the memory that the first one needed."""
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak until now
    before = resident("VmRSS")
    result = evaluate()
    megabytes = resident("VmHWM") - before
    for line in sys.stdin:
        fastest, until = float("inf"), time.perf_counter() + float(line)
        while fastest == float("inf") or time.perf_counter() < until:
            started = time.perf_counter()
            result = evaluate()
            fastest = min(fastest, time.perf_counter() - started)
        print(json.dumps({"milliseconds": 1e3 * fastest, "megabytes": megabytes, **describe(result)}), flush=True)


# The comparison

def start(script, side, *arguments):
    environment = dict(os.environ, OMP_NUM_THREADS=str(THREADS), MKL_NUM_THREADS=str(THREADS))
    command = [sys.executable, script, "--serve", side, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def ask(server, seconds):
    server.stdin.write(f"{seconds}\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())


def ours(command, seconds):
    environment = dict(os.environ, RAYON_NUM_THREADS=str(THREADS))
    command = [*map(str, command), str(seconds)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def in_turns(script, sides, command, arguments, rounds, seconds):
    """What every side answers in every round, ours by `command` with the same arguments."""
    servers = {side: start(script, side, *arguments) for side in sides}
    runs = {side: [] for side in ("ours", *sides)}
    for _ in range(rounds):
        runs["ours"].append(ours([command, *arguments], seconds))
        for side, server in servers.items():
            runs[side].append(ask(server, seconds))
    for server in servers.values():
        server.stdin.close()
        server.wait()
    return runs


def fastest(runs):
    """Of every side the fastest evaluation in milliseconds."""
    return {side: min(run["milliseconds"] for run in of_side) for side, of_side in runs.items()}


def ratio(runs):
    """Our time over that of the peer whose median is the smallest, in the median round; and that peer."""
    times = {side: [run["milliseconds"] for run in of_side] for side, of_side in runs.items()}
    mine = times.pop("ours")
    peer = min(times, key=lambda side: statistics.median(times[side]))
    return statistics.median(a / b for a, b in zip(mine, times[peer])), peer
