"""What an admin may set under ``[channels.link]``."""

from pydantic import BaseModel, ConfigDict


class LinkSettings(BaseModel):
    """Nothing yet: where the link goes is told by ``[mapping.write]``, with the part ``link``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
