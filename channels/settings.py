"""The section ``[channels]`` of the settings: one table per channel, named like its file."""

from pydantic import BaseModel, ConfigDict

from channels.email import settings as email_settings
from channels.link import settings as link_settings
from channels.sms import settings as sms_settings
from channels.webhook import settings as webhook_settings


class ChannelsSettings(BaseModel):
    """Which channels there are; a channel without a table does not exist."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: email_settings.EmailSettings | None = None
    sms: sms_settings.SmsSettings | None = None
    webhook: webhook_settings.WebhookSettings | None = None
    link: link_settings.LinkSettings | None = None
