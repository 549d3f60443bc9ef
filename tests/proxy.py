"""An HTTP proxy on a free port of this machine that writes down what it is asked for.

proxy.py LOG: prints its port, then adds a line to LOG for each request, and does what was asked.
"""
import http.server
import select
import socket
import sys
import urllib.parse


class Proxy(http.server.BaseHTTPRequestHandler):
    def count(self):
        with open(sys.argv[1], "a") as log:
            log.write(f"{self.command} {self.path}\n")

    def log_message(self, *_):
        pass

    def do_CONNECT(self):
        self.count()
        host, _, port = self.path.rpartition(":")
        try:
            there = socket.create_connection((host, int(port)), 30)
        except OSError as error:
            return self.send_error(502, str(error))
        self.send_response(200)
        self.end_headers()
        ends = [self.connection, there]
        while True:
            for ready in select.select(ends, [], [], 300)[0] or [None]:
                data = ready.recv(1 << 16) if ready else b""
                if not data:
                    return there.close()
                ends[ready is self.connection].sendall(data)

    def do_GET(self):
        self.count()
        url = urllib.parse.urlsplit(self.path)
        try:
            there = socket.create_connection((url.hostname, url.port or 80), 30)
        except OSError as error:
            return self.send_error(502, str(error))
        target = urllib.parse.urlunsplit(("", "", url.path or "/", url.query, ""))
        there.sendall(f"{self.command} {target} HTTP/1.0\r\nHost: {url.netloc}\r\n\r\n".encode())
        while data := there.recv(1 << 16):
            self.wfile.write(data)
        there.close()

    do_HEAD = do_POST = do_PUT = do_GET


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
print(server.server_address[1], flush=True)
server.serve_forever()
