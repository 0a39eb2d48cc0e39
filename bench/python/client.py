"""Times one contender: the task comes in the environment (bench/src/task.rs), the figures go out as one line of JSON.

An operation that fails ends the process: a figure that includes a failure would mean nothing.
"""

import faulthandler
import json
import threading
import time

import tasks
import threads
from fixture import Task

clock = time.perf_counter_ns


def cpu():
    return time.process_time_ns()


def peak_rss_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def report(latencies, start, end, cpu_start, cpu_end):
    latencies.sort()
    count = len(latencies)
    figures = {
        "per_second": count / (end - start) * 1e9,
        "p50_us": latencies[int(count * 0.5)] / 1e3,
        "p99_us": latencies[int(count * 0.99)] / 1e3,
        "cpu_us": (cpu_end - cpu_start) / count / 1e3,
        "peak_rss_kib": peak_rss_kib(),
    }
    print(json.dumps(figures), flush=True)


def run_threads(task):
    """Lanes meet after the warm-up and again at the end; the figures cover the time between."""
    operation = threads.CLIENTS[task.client](task)
    marks = []
    meet = threading.Barrier(task.in_flight, action=lambda: marks.append((clock(), cpu())))
    latencies = []

    def repeat(i, seconds):
        taken, end = [], clock() + int(seconds * 1e9)
        while True:
            start = clock()
            operation(i)
            i += task.in_flight
            now = clock()
            taken.append(now - start)
            if now >= end:
                return i, taken

    def lane(i):
        try:
            if task.seconds:
                i, _ = repeat(i, task.warm_up)
            meet.wait()
            _, taken = repeat(i, task.seconds)
            meet.wait()
            latencies.extend(taken)
        except BaseException:
            # The others wait for it no longer.
            meet.abort()
            raise

    lanes = [threading.Thread(target=lane, args=(i,)) for i in range(task.in_flight)]
    for thread in lanes:
        thread.start()
    for thread in lanes:
        thread.join()
    if meet.broken:
        raise SystemExit(1)
    (start, cpu_start), (end, cpu_end) = marks
    report(latencies, start, end, cpu_start, cpu_end)


async def run_tasks(task):
    import asyncio

    async with tasks.CLIENTS[task.client](task) as operation:

        async def lane(i, end, taken):
            while True:
                start = clock()
                await operation(i)
                i += task.in_flight
                now = clock()
                taken.append(now - start)
                if now >= end:
                    return i

        async def phase(first, seconds):
            taken, end = [], clock() + int(seconds * 1e9)
            return await asyncio.gather(*(lane(i, end, taken) for i in first)), taken

        first = range(task.in_flight)
        if task.seconds:
            first, _ = await phase(first, task.warm_up)
        start, cpu_start = clock(), cpu()
        _, latencies = await phase(first, task.seconds)
        end, cpu_end = clock(), cpu()
    report(latencies, start, end, cpu_start, cpu_end)


def main():
    task = Task()
    faulthandler.dump_traceback_later(task.warm_up + task.seconds + 20, exit=True)
    if task.client in threads.CLIENTS:
        run_threads(task)
    else:
        # Whoever uses threads does not pay for it.
        import asyncio

        asyncio.run(run_tasks(task))


main()
