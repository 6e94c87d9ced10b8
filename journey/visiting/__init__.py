"""Visiting: answers that nobody was invited to give, at a till, on a tablet, behind a shared link or on somebody's page.

``place`` is the noun, ``places`` what pages call, ``place_answers`` what is stored, ``kiosk`` takes a tablet's batches,
``repeats`` and ``shifts`` are pure, ``place_report`` tells the score.
"""
