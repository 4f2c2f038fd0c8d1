"""Two parts of one wallet are proven, switched and committed as one set."""
from stage import *


class TwoComponents(Stage):
    def setUp(self):
        super().setUp()
        self.old = {"mcu": firmware(200_000, 1), "radio": firmware(90_000, 2)}
        self.new = {"mcu": firmware(200_000, 3, base=self.old["mcu"]),
                    "radio": firmware(91_000, 4, base=self.old["radio"])}
        self.make_vendor()
        self.make_certificates()
        first = self.make_release("1.0.0", self.old)
        self.second = self.make_release("1.1.0", self.new, security=2, bases=self.old)
        self.publish(first)
        self.publish(self.second)
        self.start_server()
        self.make_device(first, components=("mcu", "radio"))
        self.roll_out(self.second)

    def assert_set(self, version, images):
        for component, image in images.items():
            self.assert_runs(version, image, component)

    def test_both_are_updated_together(self):
        self.update(self.second)
        self.assert_set("1.1.0", self.new)

    def test_both_go_back_together(self):
        self.update(self.second, "--trial", "unhealthy")
        self.assertEqual(self.status()["last_revert"]["reason"], "unhealthy")
        self.assert_set("1.0.0", self.old)

    def test_a_release_that_lacks_one_is_refused(self):
        third = self.make_release("1.2.0", {"mcu": self.new["mcu"]}, security=2)
        self.refuses("missing_component", self.device, "install", third, "--consent",
                     self.manifest_digest(third))
        self.assert_set("1.0.0", self.old)


main()
