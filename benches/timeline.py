#!/usr/bin/env python3
"""Draws what the threads of a command do over time.

    benches/timeline.py FILE.svg -- COMMAND...

Reads the processor time of each thread from /proc (Linux) every few milliseconds while the command
runs, and draws a line for each: the darker, the busier. Prints how busy the cores were.
"""

import os
import subprocess
import sys
import time

STEP = 0.004
WIDTH, ROW, LEFT = 900, 22, 90


def sample(pid):
    """Returns the processor time of each thread so far, in seconds."""
    times = {}
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                times[int(task)] = int(file.read().split()[0]) / 1e9
    except OSError:
        pass
    return times


def trace(command):
    """Runs the command; returns [(seconds since its start, {thread: processor time})]."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    start, samples = time.perf_counter(), []
    while child.poll() is None:
        samples.append((time.perf_counter() - start, sample(child.pid)))
        time.sleep(STEP)
    if child.returncode != 0:
        sys.exit(f"the command ended with {child.returncode}")
    return samples


def shares(samples, thread):
    """Returns [(begin, end, share of a core)] of one thread."""
    spans = []
    for (begin, before), (end, after) in zip(samples, samples[1:]):
        if thread in after and end > begin:
            used = after[thread] - before.get(thread, 0.0)
            spans.append((begin, end, max(0.0, min(1.0, used / (end - begin)))))
    return spans


def draw(samples, threads, cores):
    """Returns the picture."""
    total = samples[-1][0]
    height = ROW * (len(threads) + 2)
    scale = (WIDTH - LEFT - 10) / total
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
    ]
    for row, thread in enumerate(threads):
        y = row * ROW + 4
        out.append(f'<text x="4" y="{y + 13}">thread {row + 1}</text>')
        for begin, end, share in shares(samples, thread):
            if share > 0.02:
                x, width = LEFT + begin * scale, max(0.5, (end - begin) * scale)
                out.append(
                    f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 6}" '
                    f'fill="#00758d" fill-opacity="{share:.2f}"/>'
                )
    y = ROW * len(threads) + 16
    for tick in range(6):
        seconds = total * tick / 5
        x = LEFT + seconds * scale
        out.append(f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{seconds * 1e3:.0f}</text>')
    out.append(f'<text x="4" y="{y}">ms</text>')
    out.append(f'<text x="{LEFT}" y="{y + ROW}">{cores}</text></svg>')
    return "\n".join(out) + "\n"


def main():
    """Traces, prints and draws."""
    if len(sys.argv) < 4 or sys.argv[2] != "--":
        sys.exit(__doc__.strip())
    samples = [one for one in trace(sys.argv[3:]) if one[1]]
    last = {}
    for _, times in samples:
        last.update(times)
    threads = [thread for thread in sorted(last) if last[thread] >= 0.002]
    used, total, count = sum(last.values()), samples[-1][0], len(os.sched_getaffinity(0))
    cores = (
        f"{used:.2f} s of processor time in {total:.2f} s: "
        f"{used / total / count * 100:.0f} % of {count} cores"
    )
    print(cores)
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(draw(samples, threads, cores))


main()
