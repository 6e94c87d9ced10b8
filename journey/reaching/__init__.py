"""Reaching: how a message gets to the person, when it must not, and what happens when it does not arrive.

Before it goes: ``links``, ``variants``, ``hours``, ``turns``, ``caps``, ``last_look``. Afterwards: ``remind``, ``replies`` (STOP
and reports), ``bounces``, ``addresses`` and ``given_up``, ``fallback`` to the next channel. ``on_request``: for an agent.
"""
