"""Signs what is on standard input with the one Ed25519 key of an ssh-agent, and prints the signature in base64.

The agent's protocol is draft-ietf-sshm-ssh-agent: a message is a length, a type, and fields, strings with their lengths before
them. Over data an agent's Ed25519 key makes a plain Ed25519 signature. `agent.py --public` prints the public key in hexadecimal.
"""

import base64
import os
import socket
import struct
import sys

REQUEST_IDENTITIES, IDENTITIES_ANSWER, SIGN_REQUEST, SIGN_RESPONSE = 11, 12, 13, 14


def string(data):
    return struct.pack(">I", len(data)) + data


def take(data):
    (length,) = struct.unpack(">I", data[:4])
    return data[4 : 4 + length], data[4 + length :]


def exactly(agent, length):
    data = b""
    while len(data) < length:
        piece = agent.recv(length - len(data))
        if not piece:
            sys.exit("the agent has hung up")
        data += piece
    return data


def ask(agent, message, expected):
    agent.sendall(string(message))
    (length,) = struct.unpack(">I", exactly(agent, 4))
    answer = exactly(agent, length)
    if answer[0] != expected:
        sys.exit(f"the agent answers with a message of type {answer[0]}")
    return answer[1:]


def main():
    agent = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    agent.connect(os.environ["SSH_AUTH_SOCK"])
    answer = ask(agent, bytes([REQUEST_IDENTITIES]), IDENTITIES_ANSWER)[4:]
    blob, _ = take(answer)
    kind, rest = take(blob)
    if kind != b"ssh-ed25519":
        sys.exit("the agent's first key is no Ed25519 key")
    if sys.argv[1:] == ["--public"]:
        print(take(rest)[0].hex())
        return
    request = bytes([SIGN_REQUEST]) + string(blob) + string(sys.stdin.buffer.read()) + struct.pack(">I", 0)
    signature, _ = take(ask(agent, request, SIGN_RESPONSE))
    _, rest = take(signature)
    print(base64.b64encode(take(rest)[0]).decode())


main()
