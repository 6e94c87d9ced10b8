"""Answering: who gave an answer, whether it is believed, and what becomes of it. Called by collect, and by ``palaute answers``.

``forms`` are shown and come back, ``visits`` tell who fetches and posts, ``signs`` speak against some, ``taking`` decides and
stores, ``told`` names the records that get to know, ``reviewing`` is for people who look at it afterwards, ``anonymous`` cuts
the answer off from the person.
"""
