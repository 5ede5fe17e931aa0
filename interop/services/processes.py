"""The processes of these tests: Tailrace, and AWS services that others wrote.

Each listens on a free port of this machine, writes its output to a file that is printed when a
test fails, and is ended by its id.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))
REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "secret"}

running = []
directories = []


def directory(kind):
    """A new directory that is removed when the program ends."""
    path = tempfile.mkdtemp(prefix=f"tailrace-services-{kind}-")
    directories.append(path)
    return path


def free_port():
    """A port below those of outgoing connections, one of which could take it during a restart."""
    for _ in range(200):
        port = random.randint(12000, 31999)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port")


def status_of(url):
    """The status of a GET, or 0 when nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


class Process:
    """A program with its output in a file, awaited until `ready_url` answers with 200."""

    def __init__(self, command, ready_url, env=None, cwd=HERE):
        self.log = open(os.path.join(directory("output"), "text"), "wb")
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **CREDENTIALS, **(env or {})},
        )
        running.append(self)
        for _ in range(600):
            if self.process.poll() is not None:
                break
            if status_of(ready_url) == 200:
                return
            time.sleep(0.1)
        self.kill()
        raise AssertionError(f"{command[0]} did not become ready:\n{self.output()}")

    def output(self):
        with open(self.log.name, errors="replace") as text:
            return text.read()[-4000:]

    def kill(self):
        self.end(signal.SIGKILL)

    def end(self, how=signal.SIGTERM):
        """Ends the process and returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(60)
        if self in running:
            running.remove(self)
            self.log.close()
        return code


class Service:
    """`moto` or `localstack`, with the key service and S3 in one endpoint."""

    def __init__(self, name):
        self.name = name
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = getattr(self, f"_{name}")(port)

    def _moto(self, port):
        command = [os.path.join(os.path.dirname(sys.executable), "moto_server")]
        command += ["-H", "127.0.0.1", "-p", str(port)]
        return Process(command, f"{self.url}/moto-api/")

    def _localstack(self, port):
        env = {
            "SERVICES": "kms,s3",
            "STRICT_SERVICE_LOADING": "1",
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "DNS_ADDRESS": "0",
            "GATEWAY_SERVER": "hypercorn",
            "GATEWAY_LISTEN": f"127.0.0.1:{port}",
            "FILESYSTEM_ROOT": directory("localstack"),
        }
        python = os.path.join(HERE, ".venv", "localstack", "bin", "python")
        command = [python, "-m", "localstack.runtime.main"]
        return Process(command, f"{self.url}/_localstack/health", env)

    def end(self):
        self.process.kill()


class Tailrace:
    """A server on a data directory of its own, which it keeps from start to start."""

    def __init__(self, *flags):
        self.flags = [*flags, "--limits", "off", "--transition-ms", "50"]
        self.data = directory("data")
        self.port = free_port()
        self.admin = f"http://127.0.0.1:{free_port()}"
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        command = ["node", "dist/bundle/tailrace.js", "start", "--data-dir", self.data]
        command += ["--port", str(self.port), "--admin-port", self.admin.rsplit(":", 1)[1]]
        self.process = Process(command + self.flags, f"{self.admin}/readyz", cwd=CHECKOUT)

    def restart(self, how=signal.SIGTERM):
        code = self.process.end(how)
        assert how == signal.SIGKILL or code == 0, f"ended with {code}\n{self.process.output()}"
        self.start()

    def on_disk(self, needle):
        """Whether any file of the data directory holds these bytes."""
        for directory, _, names in os.walk(self.data):
            for name in names:
                with open(os.path.join(directory, name), "rb") as file:
                    if needle in file.read():
                        return True
        return False

    def end(self):
        code = self.process.end()
        assert code == 0, f"ended with {code}\n{self.process.output()}"


def end_all():
    """Ends what a test that failed left running, and removes what it wrote."""
    for process in list(running):
        process.kill()
    for path in directories:
        shutil.rmtree(path, ignore_errors=True)
