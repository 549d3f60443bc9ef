"""Asks a real gopls over stdio: diagnostics, and where a definition in the standard library is.

  gopls.py GOPLS REPOSITORY

Opens files of the modules of a repository, and prints one line for each answer, with `pass` or `fail`. Files for
another system have definitions that only that system's standard library has.
"""

import json
import pathlib
import subprocess
import sys
import threading

gopls, repository = sys.argv[1], pathlib.Path(sys.argv[2])
# Each with the name whose definition is asked for.
FILES = {
    "a/main.go": "New",
    "b/main.go": "New",
    "c/main.go": "New",
    "c/files_windows.go": "UTF16FromString",
    "c/files_darwin_arm64.go": "Getfsstat",
}
server = subprocess.Popen([gopls, "serve"], cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
answers, published = {}, {}
changed = threading.Condition()


def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    server.stdin.flush()


def receive():
    """Keeps answers and diagnostics; answers what the server asks."""
    while True:
        length = 0
        while line := server.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        body = server.stdout.read(length) if length else b""
        if not body:
            return
        message = json.loads(body)
        with changed:
            if message.get("method") == "textDocument/publishDiagnostics":
                params = message["params"]
                published[params["uri"]] = sorted(item["message"] for item in params["diagnostics"])
            elif "method" in message:
                if message["method"] in ("window/showMessage", "window/logMessage"):
                    print(message["params"]["message"], file=sys.stderr)
                if "id" in message:
                    items = message.get("params", {}).get("items")
                    send({"id": message["id"], "result": [{} for _ in items] if items else None})
            else:
                answers[message["id"]] = message
            changed.notify_all()


def wait(what):
    with changed:
        if not changed.wait_for(what, timeout=120):
            print("no answer within two minutes", file=sys.stderr)
        return what()


def settled(uri):
    """Waits until nothing was published for five seconds: the first answer may come before all is loaded."""
    wait(lambda: published.get(uri))
    with changed:
        while True:
            before = published.get(uri)
            if not changed.wait_for(lambda: published.get(uri) != before, timeout=5):
                return


def ask(number, method, params):
    send({"id": number, "method": method, "params": params})
    return (wait(lambda: answers.get(number)) or {}).get("result")


threading.Thread(target=receive, daemon=True).start()
root = repository.as_uri()
ask(1, "initialize", {"processId": None, "rootUri": root, "capabilities": {},
                      "workspaceFolders": [{"uri": root, "name": "repository"}]})
send({"method": "initialized", "params": {}})
for number, (name, word) in enumerate(FILES.items(), 2):
    path = repository / name
    uri = path.as_uri()
    text = path.read_text()
    send({"method": "textDocument/didOpen",
          "params": {"textDocument": {"uri": uri, "languageId": "go", "version": 1, "text": text}}})
    line, column = next((at, line.index(word)) for at, line in enumerate(text.splitlines()) if word in line)
    found = ask(number, "textDocument/definition",
                {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}})
    file = found[0]["uri"] if found else "nothing"
    print(f"gopls/{name}/definition/{'/'.join(file.split('/')[-3:])}", "pass" if found else "fail")
    settled(uri)
    print(f"gopls/{name}/diagnostics/{published.get(uri)}", "pass" if published.get(uri) else "fail")
send({"id": 99, "method": "shutdown"})
wait(lambda: answers.get(99))
send({"method": "exit"})
server.wait(timeout=30)
