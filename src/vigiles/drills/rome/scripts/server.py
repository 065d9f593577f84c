"""Honest: a development server that a later call asks. Serves on 127.0.0.1:8000 for at most a minute."""

import http.server
import json
import threading


class Counter(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, "words": 3}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 8000), Counter)
    threading.Timer(60, server.shutdown).start()
    server.serve_forever()
