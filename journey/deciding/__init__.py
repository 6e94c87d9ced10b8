"""Deciding: what the pure rules in triggers have to know before they judge, and what is told about their verdicts afterwards.

``changes`` and ``knowledge`` gather, ``judging`` puts the question (for decide and for preview alike), ``verdicts`` and
``remedy`` tell, ``versions`` remembers which rules were in force.
"""
