#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gst_streams.py GST_RUN PLUGIN_FOLDER CASE [RUNS] - dsisink and dsisrc in pipelines.

Each case starts real processes with gst_run, in a place of names of its own,
and looks at exit statuses, counters, and what arrived.  A case that needs an
element that is not installed ends with 77.
"""
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time

RUN, PLUGINS, CASE = sys.argv[1:4]
RUNS = int(sys.argv[4]) if len(sys.argv) > 4 else 10
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# For what must come to an end; nothing is expected to take so long.
PATIENCE = 60

FOLDER = tempfile.mkdtemp(prefix="dsi-gst-")
ENVIRONMENT = dict(os.environ, GST_PLUGIN_PATH=PLUGINS, DSI_RUNTIME_DIR=FOLDER,
                   GST_REGISTRY=os.path.join(FOLDER, "registry"))
SMALL = "video/x-raw,format=I420,width=320,height=240,framerate=30/1"
LARGE = "video/x-raw,format=I420,width=640,height=480,framerate=30/1"
HD = "video/x-raw,format=I420,width=1280,height=720,framerate=30/1"
FULL_HD = "video/x-raw,format=I420,width=1920,height=1080,framerate=30/1"
SINK = "dsisink name=s stream=t"
SOURCE = "dsisrc name=r stream=t"

# What else there is to do for the cores.
BUSY = []


class Pipeline:
    def __init__(self, text, *properties):
        self.text = text
        self.out = ""
        self.process = subprocess.Popen(
            [RUN, text, *properties], env=ENVIRONMENT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def end(self, status=0):
        try:
            out, _ = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            fail(f"did not end: {self.text}")
        if "no element" in out:
            print(out)
            sys.exit(77)
        if status is not None and self.process.returncode != status:
            fail(f"status {self.process.returncode}, not {status}: "
                 f"{self.text}\n{out}")
        self.out = out
        return dict(line.split("=", 1) for line in out.splitlines()
                    if "=" in line)


def fail(why):
    print(f"gst.{CASE}: {why}")
    sys.exit(1)


def expect(values, **wanted):
    for name, value in wanted.items():
        key = name.replace("__", ".").replace("_", "-")
        if values.get(key) != str(value):
            fail(f"{key} is {values.get(key)}, not {value}")


def digest(name):
    with open(path(name), "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def path(name):
    return os.path.join(FOLDER, name)


def until(what, true):
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            fail(f"never: {what}")
        time.sleep(0.01)


def until_data():
    """The reader with the file `got` has something."""
    until("data", lambda: os.path.exists(path("got")) and
          os.path.getsize(path("got")) > 0)


def reader(sink="fakesink sync=false", more="", *properties):
    return Pipeline(f"{SOURCE} consumer-policy=block {more} ! {sink}",
                    *properties)


def writer(source, more="", *properties):
    return Pipeline(f"{source} ! {SINK} {more}", "s.zero-copied", "s.copied",
                    *properties)


def first_reader(source, more="", sink="fakesink sync=false", of_reader=""):
    """Both ends to the end, the sink waiting for the reader."""
    r = reader(sink, of_reader)
    w = writer(source, f"wait-for-consumer=true {more}")
    sent = w.end()
    r.end()
    return sent


# ---- cases -------------------------------------------------------------------

def zero_copy():
    n = 60
    source = f"videotestsrc num-buffers={n}"
    for text in (
            f"{source} ! {LARGE}",
            f"{source} ! video/x-raw,format=RGBx,width=320,height=240 ! "
            "videoconvert ! video/x-raw,format=I420",
            f"{source} ! {SMALL} ! videoscale ! {LARGE}",
            f"{source} ! {SMALL} ! jpegenc ! jpegdec",
            f"{source} ! {SMALL} ! vp8enc deadline=1 ! vp8dec",
            f"{source} ! {SMALL} ! vp8enc deadline=1 ! decodebin",
            f"{source} ! {SMALL} ! queue ! identity",
            f"{source} ! {SMALL} ! compositor"):
        expect(first_reader(text), s__zero_copied=n, s__copied=0)
    sent = first_reader(f"{source} ! {SMALL} ! videorate ! "
                        "video/x-raw,framerate=60/1")
    expect(sent, s__copied=0)


def copy():
    n = 40
    text = f"videotestsrc num-buffers={n} ! {SMALL} ! tee"
    expect(first_reader(text), s__zero_copied=0, s__copied=n)
    w = Pipeline(f"{text} ! {SINK} require-zero-copy=true")
    w.end(1)


def exact():
    """What arrives is what was sent, to the bit."""
    for number, text in enumerate((
            f"videotestsrc num-buffers=60 ! {LARGE}",
            f"videotestsrc num-buffers=60 ! {SMALL} ! tee",
            "audiotestsrc num-buffers=60",
            # The size changes in the midst of it.
            f"videotestsrc num-buffers=20 ! {LARGE} ! c. "
            f"videotestsrc num-buffers=20 ! {HD} ! c. concat name=c")):
        Pipeline(f"{text} ! filesink buffer-mode=unbuffered location={path('wanted')}").end()
        first_reader(text, sink=f"filesink buffer-mode=unbuffered location={path('got')}",
                     of_reader="timestamps=original")
        if digest("wanted") != digest("got"):
            fail(f"other data than sent, source {number}")


def placement():
    """A node that is not there is said by both ends, and all works; what is no
    placement is refused."""
    n = 20
    source = f"videotestsrc num-buffers={n} ! {SMALL}"
    for where in ("auto", "none", "node:0", f"like:{os.getpid()}"):
        sent = first_reader(source, f"placement={where}",
                            of_reader=f"placement={where}")
        expect(sent, s__zero_copied=n)
    r = Pipeline(f"{SOURCE} consumer-policy=block placement=node:1000 ! fakesink")
    w = writer(source, "wait-for-consumer=true placement=node:1000")
    for end in (w, r):
        out, _ = end.process.communicate(timeout=PATIENCE)
        if end.process.returncode or "dsi: placement: " not in out:
            fail(f"node:1000: {end.process.returncode}, {out}")
    for wrong in ("node:", "node:x", "like:0", "here"):
        Pipeline(f"{source} ! {SINK} placement={wrong}").end(1)
        Pipeline(f"{SOURCE} placement={wrong} ! fakesink").end(1)


def few_slots():
    """Nobody waits for ever when the reader keeps a frame."""
    for _ in range(5):
        sent = first_reader(
            f"videotestsrc num-buffers=120 pattern=black ! {SMALL}", "slots=3",
            sink="fakesink sync=false enable-last-sample=true")
        expect(sent, s__zero_copied=120)


def starved():
    """Who downstream of a reader that blocks keeps more frames than there are,
    and waits for more, gets copies: nobody waits for ever."""
    for slots in 2, 3:
        r = Pipeline(f"{SOURCE} consumer-policy=block ! tee name=x "
                     "x. ! queue min-threshold-buffers=10 ! fakesink sync=false "
                     "x. ! queue ! fakesink sync=false", "r.copied", "r.dropped")
        w = writer(f"videotestsrc num-buffers=60 ! {SMALL}",
                   f"wait-for-consumer=true slots={slots}")
        expect(w.end(), s__zero_copied=60)
        values = r.end()
        expect(values, r__dropped=0)
        if int(values["r.copied"]) == 0:
            fail(f"{slots} frames were enough: {values}")


def elements():
    """What follows dsisrc is as if it followed the source.  (Decoders leave
    frames out that a live source brings late: not here.)"""
    number = "num-buffers=30"
    sent = {
        "tee": (f"videotestsrc {number} ! {SMALL}",
                "tee name=x ! queue ! fakesink sync=false x. ! queue ! "),
        "jpegdec": (f"videotestsrc {number} ! {SMALL} ! jpegenc",
                    "jpegdec qos=false ! "),
        "vp8dec": (f"videotestsrc {number} ! {SMALL} ! vp8enc deadline=0",
                   "vp8dec qos=false ! "),
        "videorate": (f"videotestsrc {number} ! {SMALL}",
                      "videorate ! video/x-raw,framerate=60/1 ! "),
    }
    end = ("videoconvert ! video/x-raw,format=BGRx ! checksumsink sync=false")
    for name, (source, middle) in sent.items():
        alone = Pipeline(f"{source} ! {middle} {end}")
        alone.end()
        r = Pipeline(f"{SOURCE} consumer-policy=block timestamps=original ! "
                     f"{middle} {end}")
        w = writer(source, "wait-for-consumer=true")
        w.end()
        r.end()
        if len(alone.out.splitlines()) < 30 or alone.out != r.out:
            fail(f"{name}:\n{alone.out}\nthrough the stream:\n{r.out}")
    # It has a clock of its own for live sources: not each frame need be there.
    r = reader(f"compositor ! filesink location={path('got')}")
    writer(live(30), "wait-for-consumer=true").end()
    r.end()
    if not os.path.getsize(path("got")):
        fail("nothing passes compositor")


def reader_first():
    r = reader()
    time.sleep(0.3)
    writer(f"videotestsrc num-buffers=30 ! {SMALL}",
           "wait-for-consumer=true").end()
    r.end()


def several():
    readers = [reader() for _ in range(3)]
    w = writer(f"videotestsrc num-buffers=150 is-live=true ! {SMALL}")
    w.end()
    for r in readers:
        r.end()


def live(n):
    return f"videotestsrc num-buffers={n} is-live=true ! {SMALL}"


def producer_killed():
    """eos: the reader ends; error: it fails; wait: it goes on."""
    for what, status in (("eos", 0), ("error", 1)):
        w = writer(live(-1))
        r = reader(f"filesink buffer-mode=unbuffered location={path('got')}", f"on-peer-death={what}")
        until_data()
        w.process.send_signal(signal.SIGKILL)
        r.end(status)
        w.end(None)
        os.remove(path("got"))
    w = writer(live(-1))
    r = reader(f"filesink buffer-mode=unbuffered location={path('got')}", "on-peer-death=wait")
    until_data()
    w.process.send_signal(signal.SIGKILL)
    w.end(None)
    before = os.path.getsize(path("got"))
    writer(live(20)).end()
    r.end()
    if os.path.getsize(path("got")) <= before:
        fail("nothing arrived from the second producer")


def reader_killed():
    """Its frames come back: the producer goes on to its end."""
    r = reader(f"tee name=x x. ! queue ! filesink buffer-mode=unbuffered location={path('got')} "
               "x. ! queue ! fakesink sync=true ts-offset=3600000000000")
    w = writer(f"videotestsrc num-buffers=90 ! {SMALL}",
               "wait-for-consumer=true slots=3", "s.consumers")
    until_data()
    r.process.send_signal(signal.SIGKILL)
    expect(w.end(), s__consumers=0)
    r.end(None)


def reader_stopped():
    """A reader that does not block costs a live producer nothing when it
    stops: it comes to its end before the reader goes on."""
    for policy in "drop-new", "reclaim":
        r = Pipeline(f"{SOURCE} consumer-policy={policy} ! "
                     f"filesink buffer-mode=unbuffered location={path('got')}")
        w = writer(live(45), "wait-for-consumer=true")
        until_data()
        r.process.send_signal(signal.SIGSTOP)
        values = w.end()
        r.process.send_signal(signal.SIGCONT)
        r.end()
        expect(values, s__zero_copied=45)
        os.remove(path("got"))
    # Nor do several that stop one after another, with other frames each.
    readers = [Pipeline(f"{SOURCE} ! filesink buffer-mode=unbuffered "
                        f"location={path(f'got{i}')}") for i in range(3)]
    w = writer(live(90), "wait-for-consumer=true")
    for i, r in enumerate(readers):
        until("data", lambda i=i: os.path.exists(path(f"got{i}")) and
              os.path.getsize(path(f"got{i}")) > 0)
        time.sleep(0.3)
        r.process.send_signal(signal.SIGSTOP)
    values = w.end()
    for r in readers:
        r.process.send_signal(signal.SIGCONT)
        r.end()
    expect(values, s__zero_copied=90)


def in_dev_shm(pipeline):
    with open(f"/proc/{pipeline.process.pid}/maps", encoding="utf-8") as f:
        return [line for line in f if "/dev/shm/" in line]


def leftovers():
    """Nothing stays behind, whoever was killed."""
    w = writer(live(-1))
    r = reader(f"filesink buffer-mode=unbuffered location={path('got')}")
    until_data()
    for pipeline in w, r:
        if in_dev_shm(pipeline):
            fail(f"a file in /dev/shm: {in_dev_shm(pipeline)}")
    w.process.send_signal(signal.SIGKILL)
    w.end(None)
    r.end()
    # The name of the dead producer is taken by the next one.
    first_reader(f"videotestsrc num-buffers=5 ! {SMALL}")
    left = [n for n in os.listdir(FOLDER) if n.startswith("t")]
    if left:
        fail(f"left behind: {left}")


def frames(text):
    """Time and checksum of each frame; strides are not to matter."""
    return Pipeline(f"{text} ! videoconvert ! video/x-raw,format=BGRx ! "
                    "checksumsink sync=false")


def recordings():
    """Real films arrive as they are, frame by frame, at their times."""
    for name in "cockatoo.mp4", "motion.mov", "Effet_force_magnetique.ogv":
        found = subprocess.run(
            [os.path.join(ROOT, "demos/video/fetch-sample.sh"), name],
            stdout=subprocess.PIPE, text=True, check=False)
        if found.returncode:
            print(f"{name} cannot be fetched")
            sys.exit(77)
        film = (f"filesrc location={found.stdout.strip()} ! decodebin ! "
                "video/x-raw")
        alone = frames(film)
        alone.end()
        r = frames(f"{SOURCE} consumer-policy=block timestamps=original")
        w = writer(film, "wait-for-consumer=true slots=24")
        w.end()
        r.end()
        if len(alone.out.splitlines()) < 30:
            fail(f"{name} has too few frames:\n{alone.out}")
        if alone.out != r.out:
            fail(f"{name}:\n{alone.out}\nthrough the stream:\n{r.out}")


def runs():
    """Every run comes to its end, with few frames, with a reader that keeps
    one, and while both cores have something else to do."""
    text = f"videotestsrc num-buffers=100 pattern=black ! {FULL_HD}"
    for number in range(RUNS):
        if number == RUNS // 2:
            BUSY.extend(subprocess.Popen(["sh", "-c", "while :; do :; done"])
                        for _ in range(2))
        sent = first_reader(text, "slots=3" if number % 2 else "",
                            sink="fakesink sync=false enable-last-sample=true")
        expect(sent, s__zero_copied=100, s__copied=0)


CASES = {
    "zero-copy": zero_copy, "copy": copy, "exact": exact,
    "few-slots": few_slots, "starved": starved, "reader-first": reader_first,
    "several": several, "elements": elements,
    "placement": placement,
    "producer-killed": producer_killed, "reader-killed": reader_killed,
    "reader-stopped": reader_stopped, "leftovers": leftovers,
    "recordings": recordings, "runs": runs,
}

try:
    CASES[CASE]()
finally:
    for process in BUSY:
        process.kill()
    subprocess.run(["rm", "-rf", FOLDER], check=False)
