"""An HTTP proxy as companies have them: leads through with CONNECT, remembers where to, and cuts lines when told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Listens on loopback."""

    def __init__(self) -> None:
        self.led_to: list[str] = []
        """HOST:PORT of every tunnel."""
        self.heads: list[str] = []
        """What the tunnels were asked for with, headers included."""
        self.cut_after: int | None = None
        """Bytes that come back through a tunnel before it is cut; None leaves it whole."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._lead, args=(client,), daemon=True).start()

    def _lead(self, client: socket.socket) -> None:
        head = client.recv(65536)
        self.heads.append(head.decode("latin-1"))
        target = head.split(b" ")[1].decode()
        self.led_to.append(target)
        host, port = target.rsplit(":", 1)
        server = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=_pump, args=(server, client, self.cut_after), daemon=True).start()
        _pump(client, server, None)


def _pump(source: socket.socket, target: socket.socket, left: int | None) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece if left is None else piece[:left])
            left = None if left is None else left - len(piece)
            if left is not None and left <= 0:
                break
        target.shutdown(socket.SHUT_RDWR)
        source.shutdown(socket.SHUT_RDWR)


@contextmanager
def running() -> Iterator[Proxy]:
    """A proxy while it is needed."""
    made = Proxy()
    yield made
    made.close()
