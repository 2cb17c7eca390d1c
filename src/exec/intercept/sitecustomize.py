# Loaded by Python before a program that runs under `bytenite-emulator exec`, by way of PYTHONPATH. Leads connections to the
# vendor's host to the emulator, for clients that pay no heed to proxy variables: http.client, urllib3, aiohttp, and requests and
# httpx with `trust_env=False`. Changes `socket` and `ssl` when they are imported and not before, as gevent wants to be first.
import importlib.machinery
import importlib.util
import os
import sys

HOST = "{{host}}"
TLS, PLAIN = int("{{tls}}"), int("{{plain}}")
OFFLINE = "{{offline}}" == "true"
AUTHORITY = """{{authority}}"""
# Stands for the vendor's host where only an address is asked for. Nothing listens there: connections to it are led away.
STAND_IN = "127.98.121.116"


def lead(address):
    """The address that a connection is made to in place of another one."""
    if not isinstance(address, tuple) or len(address) < 2:
        return address
    host, port = address[0], address[1]
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if isinstance(host, str) and (host.rstrip(".").lower() == HOST or host == STAND_IN):
        return ("127.0.0.1", PLAIN if port == 80 else TLS)
    return address


def is_elsewhere(address):
    if not OFFLINE or not isinstance(address, tuple):
        return False
    host = str(address[0])
    return not (host.startswith("127.") or host in ("localhost", "::1", "0.0.0.0", "::", ""))


def change_socket(socket):
    getaddrinfo, connect, connect_ex = socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex

    def leading_getaddrinfo(host, port, *args, **kwargs):
        number = {"https": 443, "http": 80}.get(port, port)
        number = int(number) if isinstance(number, str) and number.isdigit() else number
        led = lead((host, number))
        if led == (host, number):
            return getaddrinfo(host, port, *args, **kwargs)
        if not number:
            led = (STAND_IN, 0)
        # The family that was asked for may be IPv6, where the emulator is not.
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", led)]

    def refuse(address):
        raise ConnectionRefusedError(
            "connect ECONNREFUSED %s:%s (refused by bytenite-emulator exec --offline)" % tuple(address[:2])
        )

    def leading_connect(self, address):
        if is_elsewhere(lead(address)):
            refuse(address)
        return connect(self, lead(address))

    def leading_connect_ex(self, address):
        if is_elsewhere(lead(address)):
            refuse(address)
        return connect_ex(self, lead(address))

    socket.getaddrinfo = leading_getaddrinfo
    socket.socket.connect = leading_connect
    socket.socket.connect_ex = leading_connect_ex


def change_ssl(ssl):
    load = ssl.SSLContext.load_verify_locations

    def load_with_authority(self, *args, **kwargs):
        load(self, *args, **kwargs)
        load(self, cadata=AUTHORITY)

    ssl.SSLContext.load_verify_locations = load_with_authority


class Finder:
    """Finds the modules that are to be changed, and changes each once it is loaded."""

    changes = {"socket": change_socket, "ssl": change_ssl}

    def find_spec(self, name, path=None, target=None):
        change = self.changes.pop(name, None)
        if change is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_change(module):
            execute(module)
            change(module)

        spec.loader.exec_module = execute_and_change
        return spec


for name in list(Finder.changes):
    if name in sys.modules:
        Finder.changes.pop(name)(sys.modules[name])
sys.meta_path.insert(0, Finder())

# The sitecustomize that would have been loaded without this one.
here = os.path.dirname(os.path.abspath(__file__))
others = [path for path in sys.path if os.path.abspath(path or ".") != here]
own = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
if own is not None and own.loader is not None:
    module = importlib.util.module_from_spec(own)
    sys.modules["sitecustomize"] = module
    own.loader.exec_module(module)
