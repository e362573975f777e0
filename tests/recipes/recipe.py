# SPDX-License-Identifier: MIT
"""recipe.py - the commands of a document, as they stand there.

A block that begins with "```sh NAME" is run by start(NAME), by bash and with the
variables that the text names.  Those of blocks without a name are for other
machines, or set variables.
"""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

# For what must come to an end; nothing is expected to take so long.
PATIENCE = 60


class Failed(Exception):
    pass


def fail(why):
    raise Failed(why)


class Script:
    """A block that runs, and what it has started."""

    def __init__(self, recipe, name, variables):
        self.name = name
        self.recipe = recipe
        self.log = tempfile.TemporaryFile("w+", dir=recipe.folder)
        self.process = subprocess.Popen(
            ["bash", "-c", recipe.blocks[name]], cwd=recipe.folder,
            env=dict(recipe.environment, **variables), text=True,
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            start_new_session=True)

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def pids(self, program, argument=""):
        """Its processes of this name that have this among their arguments."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                    session = int(file.read().rsplit(")", 1)[1].split()[3])
                if session != self.process.pid:
                    continue
                with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                    words = file.read().split("\0")
            except OSError:
                continue
            if os.path.basename(words[0]) == program and \
                    any(argument in word for word in words):
                found.append(int(pid))
        return found

    def send(self, number, program, argument=""):
        """A signal to the one process of this name."""
        self.recipe.until(f"{program} of {self.name}",
                          lambda: self.pids(program, argument), self)
        if not self.hit(number, program, argument):
            fail(f"{program} of {self.name} has ended\n{self.said()}")

    def hit(self, number, program, argument=""):
        """The same, if it is still there.  Is it?"""
        try:
            os.kill(self.pids(program, argument)[0], number)
        except (IndexError, ProcessLookupError):
            return False
        return True

    def running(self):
        if self.process.poll() is not None:
            fail(f"ended with {self.process.returncode}: {self.name}\n"
                 f"{self.said()}")

    def end(self, status=0):
        """status None: any."""
        try:
            got = self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            fail(f"did not end: {self.name}\n{self.said()}")
        if status is not None and got != status:
            fail(f"status {got}, not {status}: {self.name}\n{self.said()}")
        return self.said()

    def kill(self):
        """All that is left of it; its own session, so nobody else's."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


class Recipe:
    def __init__(self, document, folder, environment):
        with open(document, encoding="utf-8") as file:
            self.text = file.read()
        self.blocks = dict(re.findall(r"^```sh (\S+)\n(.*?)^```$", self.text,
                                      re.M | re.S))
        self.folder = folder
        self.environment = environment
        self.scripts = []

    def start(self, name, **variables):
        script = Script(self, name, variables)
        self.scripts.append(script)
        return script

    def run(self, name, **variables):
        return self.start(name, **variables).end()

    def variable(self, name, begin):
        """What the text proposes for a variable, of what begins so."""
        return re.search(rf'^{name}="({begin}.*)"$', self.text, re.M).group(1)

    def path(self, name):
        return os.path.join(self.folder, name)

    def size(self, name):
        try:
            return os.path.getsize(self.path(name))
        except FileNotFoundError:
            return 0

    def until(self, what, true, *scripts):
        end = time.monotonic() + PATIENCE
        while not true():
            for script in scripts:
                script.running()
            if time.monotonic() > end:
                fail(f"never: {what}\n" + "\n".join(
                    script.said() for script in scripts))
            time.sleep(0.005)

    def output(self, *words):
        done = subprocess.run(
            words, cwd=self.folder, env=self.environment, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
            timeout=PATIENCE)
        if done.returncode:
            fail(f"status {done.returncode}: {words}\n{done.stderr}")
        return done.stdout

    def committed(self, stream):
        """Packets that its producer has sent; 0 if there is none."""
        done = subprocess.run(["dsi", "list", stream, "--json"],
                              cwd=self.folder, env=self.environment, text=True,
                              capture_output=True, check=False)
        match = re.search(r'"committed":\s*(\d+)', done.stdout)
        return int(match.group(1)) if match else 0

    def frames(self, file):
        """The checksum of each frame of a film, by FFmpeg."""
        lines = self.output(
            "ffmpeg", "-hide_banner", "-loglevel", "fatal", "-i", file, "-map",
            "0:v", "-vsync", "passthrough", "-f", "framemd5", "-").splitlines()
        return [line.split()[-1] for line in lines if line[0] != "#"]

    def end(self):
        for script in self.scripts:
            script.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
