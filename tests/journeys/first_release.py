"""The first guide that a newcomer follows, typed from its first line to its last at one terminal."""
from guide import *

WHOLE = script_of("first-release.md")
LISTENS = "until curl -s --cacert ca.pem https://127.0.0.1:{port}/healthz > /dev/null; do sleep 0.1; done"


def free_ports(count):
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(one.getsockname()[1]) for one in listening]
    for one in listening:
        one.close()
    return ports


class FirstRelease(Guided):
    def test_a_newcomer_types_it_to_the_end(self):
        devices, operators = free_ports(2)
        begin = WHOLE.index("head -c 300000")  # the programs are found, and a folder of its own there is already
        lines = WHOLE[begin:].replace("8443", devices).replace("8444", operators)
        lines = re.sub(r"^(.*--admin-ca ca\.pem &)$", rf"\1\n{LISTENS.format(port=devices)}", lines, flags=re.MULTILINE)
        self.assertIn(LISTENS.format(port=devices), lines)
        screen, status = self.at_terminal(
            f"set -e\n{lines}\nkill %1", env={"AIRLOCK_PASSPHRASE": None},
            answers=[("copied", PASSPHRASE + "\n"), *[(SIGNS, digits_on)] * 6, ("any other key for no: ", "y")])
        self.assertEqual(status, 0, screen)
        for shown in ("runs 1.0.0", "1.1.0 is installed", "runs 1.1.0", "outcome=committed"):
            self.assertIn(shown, re.sub(" +", " ", screen), screen)


main()
