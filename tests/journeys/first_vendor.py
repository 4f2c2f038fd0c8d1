"""Makes the vendor with whose copies all stories begin, in the folder that AIRLOCK_JOURNEY_VENDOR names."""
from stage import *


class FirstVendor(Stage):
    def test_is_made_anew_for_each_run(self):
        vendor = pathlib.Path(os.environ["AIRLOCK_JOURNEY_VENDOR"])
        shutil.rmtree(vendor, ignore_errors=True)
        (vendor / "releases").mkdir(parents=True)
        self.make_first_vendor(vendor)


main()
