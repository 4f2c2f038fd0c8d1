"""Ten thousand invented devices report failure: each report is kept and marked, and nothing changes."""
import concurrent.futures
import http.client

from attack_reports import InventedDevice
from stage import *

COUNT = 10_000
CONNECTIONS = 16


class InventedDevices(Stage):
    def test_ten_thousand_failures_change_nothing(self):
        old = firmware(80_000, 1)
        new = firmware(80_000, 2, base=old)
        _, second = self.set_up(old, new)
        before = json.loads(self.operator("rollout", "list", "--json"))
        answers = self.flood(before["rollouts"][0]["id"], self.manifest_digest(second))
        self.assertEqual(len(answers), COUNT)
        for status, answer in answers:
            self.assertEqual((status, answer.get("counted")), (200, False), answer)
        self.assertEqual(json.loads(self.operator("rollout", "list", "--json")), before)
        self.assertEqual(json.loads(self.operator("reports", "--json"))["counts"], [])
        self.update(second)
        self.assert_runs("1.1.0", new)
        counts = json.loads(self.operator("reports", "--json"))["counts"]
        self.assertEqual([count["outcome"] for count in counts], ["committed"])
        told = self.operator("reports")
        self.assertIn("1 committed  ok\n", told)
        self.assertNotIn("counted=false", told)
        self.assertEqual(len(json.loads(self.operator("reports", "--strangers", "--json"))["reports"]), 1000)

    def flood(self, rollout, manifest):
        def send(numbers):
            context = ssl.create_default_context(cafile=self.dir / "ca.pem")
            wire = http.client.HTTPSConnection(self.url.removeprefix("https://"), context=context)
            answers = []
            for number in numbers:
                wire.request("POST", "/v1/reports", InventedDevice(number).report(rollout, manifest),
                             {"content-type": "application/json"})
                answer = wire.getresponse()
                answers.append((answer.status, json.loads(answer.read())))
            wire.close()
            return answers

        with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
            shares = [range(start, COUNT, CONNECTIONS) for start in range(CONNECTIONS)]
            return [answer for answers in pool.map(send, shares) for answer in answers]


main()
