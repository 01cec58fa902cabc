#!/usr/bin/python3
"""What redis-py and redis-cli read about a server: INFO, CLIENT, SLOWLOG, --stat, --latency.

    redis_tools.py BUILD_DIR

Ends with a line that counts the checks.
"""
import os
import socket
import subprocess
import sys
import tempfile
import time

import redis

failures = []
checks = 0


def check(what, good):
    global checks
    checks += 1
    if not good:
        failures.append(what)
        print(f"failed: {what}")


def printed_in(seconds, arguments):
    """What a tool that never ends has printed by then."""
    tool = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    time.sleep(seconds)
    tool.terminate()
    return tool.communicate()[0]


def check_info(client):
    info = client.info()
    check("INFO counts accounts as keys", info["db0"]["keys"] == 2)
    check("INFO names a version of Redis", info["redis_version"].startswith("7."))
    check("INFO tells of a lone master that is not loading",
          (info["role"], info["connected_slaves"], info["redis_mode"], info["loading"]) == ("master", 0, "standalone", 0))
    for name in ("uptime_in_seconds", "connected_clients", "used_memory", "used_memory_rss", "total_commands_processed",
                 "instantaneous_ops_per_sec", "total_net_input_bytes", "used_cpu_user"):
        check(f"INFO has the number {name}", isinstance(info.get(name), (int, float)))
    check("INFO has used_memory for people", info["used_memory_human"][-1] in "BKMG")
    for section in ("default", "all", "everything"):
        check(f"INFO {section} is whole", set(client.info(section)) >= set(info) - {"shard2"})


def check_clients(client, port):
    other = redis.Redis(port=port, client_name="other")
    number = other.client_id()
    listed = {row["name"]: row for row in client.client_list()}
    check("CLIENT LIST has both", set(listed) == {"till", "other"} and int(listed["other"]["id"]) == number)
    check("CLIENT LIST ID has one", [row["name"] for row in client.client_list(client_id=[str(number)])] == ["other"])
    check("CLIENT KILL ID kills one", client.client_kill_filter(_id=str(number)) == 1)
    check("and it is gone", [row["name"] for row in client.client_list()] == ["till"])


def check_slowlog(client):
    client.slowlog_reset()
    client.execute_command("BALANCES", "a", "b")
    newest = client.slowlog_get(1)[0]
    check("SLOWLOG GET has the newest", newest["command"] == b"BALANCES a b" and newest["duration"] >= 0)
    check("SLOWLOG LEN counts", client.slowlog_len() >= 2)


def check_tools(port):
    cli = ["redis-cli", "-p", str(port)]
    rows = [row.split() for row in printed_in(2.5, ["stdbuf", "-oL"] + cli + ["--stat"]).splitlines()]
    check("redis-cli --stat counts the accounts and the clients", any(row[:1] == ["2"] and row[2] == "2" for row in rows))
    # Not on a terminal it measures for a second and prints: least, most, mean, how many.
    measured = subprocess.run(cli + ["--latency"], stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    check("redis-cli --latency measures", len(measured) == 4 and int(measured[3]) > 10)


def main():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as directory:
        server = subprocess.Popen([os.path.join(sys.argv[1], "bursard"), "--dir", directory, "--port", str(port),
                                   "--workers", "3", "--slowlog-slower-than", "0"], stderr=subprocess.DEVNULL)
        client = redis.Redis(port=port, client_name="till")
        try:
            for _ in range(100):
                try:
                    client.ping()
                    break
                except redis.exceptions.RedisError:
                    time.sleep(0.05)  # not there yet, or loading
            client.execute_command("OPEN", "a", "USD")
            client.execute_command("OPEN", "b", "USD")
            client.dbsize()
            client.dbsize()
            check_info(client)
            check_clients(client, port)
            check_slowlog(client)
            check_tools(port)
        finally:
            server.terminate()
            server.wait()
    print(f"{checks - len(failures)} passed, {len(failures)} failed")
    sys.exit(1 if failures else 0)


main()
