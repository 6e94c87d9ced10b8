"""Surveys: what we ask and what answers are worth. Pure.

In: settings of surveys and brand, a metric's definition, a value someone chose. Out: questions in words, bands, scores, figures.
May import: triggers, wire. Called by: channels and web (to show the question), journey (to judge an answer), settings.
To add one: a metric is a record in metrics.py; a language is a catalogue in locales/.
"""
