"""What the programs of a team cost as the system counts it, and how they stand to each other: a line each minute, and what became of it over the whole."""
import collections
import os
import re
import statistics
import time

from team import said

EVERY_S = 60
TICK = os.sysconf("SC_CLK_TCK")
ENDED = re.compile(r"\bpeer\.ended .*error=(\w+)")
MEMORY_GROWTH_MB = 8  # of one program over the second half: a leak of a hundred bytes for each message of a day is more; an hour's documents are less
DESCRIPTOR_SLACK = 45  # attempts to reach each colleague at once, and what the interface is asked
DESCRIPTORS_MAX = 25 + 64 + 64 + 39 * 4  # files; LIMIT_SESSIONS; LIMIT_HALF_OPEN; LIMIT_DIALS_PER_DEVICE to reach each of 39

Sample = collections.namedtuple("Sample", "at own_mb resident_mb used_s descriptors")


def sample(program):
    """`own_mb` is memory that is not of a file: the database is mapped, and what of it is resident is the system's affair."""
    stat = open(f"/proc/{program.pid}/stat").read().rsplit(")", 1)[1].split()
    status = dict(line.split(":", 1) for line in open(f"/proc/{program.pid}/status"))
    return Sample(time.monotonic(), int(status["RssAnon"].split()[0]) / 1024, int(status["VmRSS"].split()[0]) / 1024,
                  (int(stat[11]) + int(stat[12])) / TICK, len(os.listdir(f"/proc/{program.pid}/fd")))


def slope_per_hour(points):
    """Least squares; points are (seconds, value)."""
    times, values = zip(*points)
    return 3600 * statistics.linear_regression(times, values).slope


class Watch:
    def __init__(self, team):
        self.team, self.began, self.minute = team, time.monotonic(), 0
        self.series = collections.defaultdict(list)  # of each process, by its id
        self.log_read, self.ended = {}, collections.Counter()

    def due(self):
        return time.monotonic() >= self.began + self.minute * EVERY_S

    def look(self, records, asleep=()):
        """A line, if a minute has passed since the last."""
        if not self.due():
            return
        self.minute += 1
        awake = [who for who in self.team.running if who not in asleep]
        told = self.team.receipts_true(awake)
        peers = [peer for one in told.values() for peer in one["peers"]]
        costs = self.costs(awake)
        self.read_logs()
        said(f"minute {self.minute - 1}", nodes=len(awake), records=records,
             entries_apart=self.apart(told), connections=sum(peer["connected"] for peer in peers), level=sum(peer["level"] for peer in peers),
             own_mb=statistics.mean(one.own_mb for one in costs["now"]), most_own_mb=max(one.own_mb for one in costs["now"]),
             most_resident_mb=max(one.resident_mb for one in costs["now"]), percent_of_a_core=costs["mean_percent"], most_percent=costs["most_percent"],
             descriptors=max(one.descriptors for one in costs["now"]), refused=self.refused(told), ended=dict(self.ended),
             load=os.getloadavg()[0], megabytes=self.team.stats()["bytes"] / 1e6)

    @staticmethod
    def refused(told):
        """What nobody honest does."""
        return sum(one["count"] for status in told.values() for one in status["refused"] if not one["ordinary"])

    def apart(self, told):
        sums = [sum(self.team.heads(status).values()) for status in told.values()]
        return max(sums) - min(sums)

    def costs(self, awake):
        shares, now = [], []
        for who in awake:
            program = self.team.running[who]
            one, series = sample(program), self.series[program.pid]
            if series:
                shares.append(100 * (one.used_s - series[-1].used_s) / (one.at - series[-1].at))
            series.append(one)
            now.append(one)
        return {"now": now, "mean_percent": statistics.mean(shares) if shares else 0.0, "most_percent": max(shares, default=0.0)}

    def read_logs(self):
        """Why connections ended, since the beginning."""
        for who in self.team.names:
            with open(self.team.root / f"{who}.log", encoding="utf-8") as log:
                log.seek(self.log_read.get(who, 0))
                self.ended.update(ENDED.findall(log.read()))
                self.log_read[who] = log.tell()

    def judge(self, check):
        """Of the programs that ran all the time: the second half, when everybody knows everybody."""
        half = (self.began + time.monotonic()) / 2
        long = [series for series in self.series.values() if series[0].at < half and len([one for one in series if one.at >= half]) >= 3 and series[-1].at > half + (time.monotonic() - half) * 0.8]
        if not long:
            print("too short to tell how memory grows")
            return
        later = [[one for one in series if one.at >= half] for series in long]
        slopes = [slope_per_hour([(one.at, one.own_mb) for one in series]) for series in later]
        grown = [statistics.mean(one.own_mb for one in series[-3:]) - statistics.mean(one.own_mb for one in series[:3]) for series in later]
        fds = [series[-1].descriptors - series[0].descriptors for series in later]
        said("second half", programs=len(long), own_mb_per_hour=statistics.median(slopes), most_mb_per_hour=max(slopes), grown_mb=statistics.median(grown),
             most_grown_mb=max(grown), more_descriptors=max(fds), most_descriptors=max(one.descriptors for series in self.series.values() for one in series))
        check(max(grown) < MEMORY_GROWTH_MB, f"a program grew by {max(grown):.1f} MB")
        most = max(one.descriptors for series in self.series.values() for one in series)
        check(most <= DESCRIPTORS_MAX, f"descriptors are bounded, and were {most}")
        check(max(fds) <= DESCRIPTOR_SLACK, f"descriptors grew by {max(fds)}")
