"""The section ``[mapping]``: where answers go, and what becomes a touchpoint."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import pydantic

from mapping import kind, outward, region
from triggers import touchpoint

Field = Annotated[str, pydantic.StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=128)]
"""A column's API name."""
_EXTRA = re.compile(re.escape(outward.EXTRA) + "[a-z][a-z0-9_]*")


def _written(said: Any, handler: pydantic.ValidatorFunctionWrapHandler) -> Any:
    """``extra.KEY`` as it is; everything else is to be a part."""
    return said if isinstance(said, str) and _EXTRA.fullmatch(said) else handler(said)


Written = Annotated[
    outward.Part,
    pydantic.WrapValidator(_written),
    pydantic.WithJsonSchema(
        {"anyOf": [{"type": "string", "enum": list(outward.Part)}, {"type": "string", "pattern": f"^{_EXTRA.pattern}$"}]}
    ),
]
Region = Annotated[str, pydantic.AfterValidator(region.known)]
"""A country, by its code or its name."""
Target = Annotated[Mapping[Field, Written], pydantic.Field(min_length=1)]


class MappingSettings(pydantic.BaseModel):
    """The translator's settings."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    write: Mapping[str, Mapping[Field, Target]] = pydantic.Field(
        {},
        description="[mapping.write.CONNECTOR.OBJECT]: FIELD = score, comment, answered_at, metric, band, normalised, verdict "
        "or extra.KEY, the answer to a further question, link (of the survey page); on the person's object (Contact) "
        "address_problem",
    )
    kinds: Mapping[str, Mapping[kind.Name, kind.Changes]] = pydantic.Field(
        {}, description="[mapping.kinds.CONNECTOR.SOURCE]: changes to a built-in source, or a new one"
    )

    region: Region = pydantic.Field(
        touchpoint.HOME, description="Country of phone numbers without a country code, where the person's own is not known: FI"
    )

    def sources(self, connector: str, crm: str) -> tuple[kind.Source, ...]:
        """The sources of one connector of this CRM type. Raises pydantic.ValidationError for one that makes no sense."""
        changes: Mapping[str, Mapping[str, Any]] = self.kinds.get(connector, {})
        found = kind.sources(crm, changes)
        return tuple(one if one.region else one.model_copy(update={"region": self.region}) for one in found)
