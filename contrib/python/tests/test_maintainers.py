"""Which pages with maintainers are pages: those of `lies`, without a command to compare with."""

import unittest

from headlock_verify.pages import NoPage, parse_page

from . import lies
from .worlds import A, new_log


class Maintainers(unittest.TestCase):
    def test_each(self) -> None:
        for name, lie, is_page in lies.maintainers():
            with self.subTest(name):
                log = new_log(A)
                lie(log)
                if is_page:
                    parse_page(log.pages[lies.ODD], lies.ODD, A)
                else:
                    with self.assertRaises(NoPage):
                        parse_page(log.pages[lies.ODD], lies.ODD, A)


if __name__ == "__main__":
    unittest.main()
