"""SOAP ``login()``, the way in that is on its way out: refused from API 65 on."""

import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from sandbox.salesforce import errors
from sandbox.salesforce.call import Reply
from sandbox.salesforce.org import OLDEST, SESSION_LIFETIME, Org
from sandbox.salesforce.signin import oauth

_NEWEST = 64
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns="urn:partner.soap.sforce.com" xmlns:sf="urn:fault.partner.soap.sforce.com" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{}</soapenv:Body></soapenv:Envelope>'
)


def _fault(code: str, message: str) -> Reply:
    body = (
        f"<soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: {escape(message)}</faultstring><detail>"
        f'<sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>{code}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{escape(message)}</sf:exceptionMessage></sf:LoginFault></detail></soapenv:Fault>"
    )
    return Reply(status=500, body=_ENVELOPE.format(body).encode(), content_type="text/xml; charset=utf-8")


def _texts(body: bytes) -> dict[str, str]:
    """Local names and texts of all elements. Raises ParseError."""
    root = ElementTree.fromstring(body)
    return {re.sub(r"^\{.*\}", "", element.tag): element.text or "" for element in root.iter()}


def login(org: Org, version: str, body: bytes) -> Reply:
    """``POST /services/Soap/u/NN.0``."""
    try:
        texts = _texts(body)
    except ElementTree.ParseError:
        return _fault("INVALID_XML", "The request is not well-formed XML")
    if "login" not in texts:
        return _signed_in(org, texts)
    if float(version) < OLDEST:
        return _fault("UNSUPPORTED_API_VERSION", errors.retired(version, OLDEST))
    if float(version) > _NEWEST:
        return _fault("UNSUPPORTED_API_VERSION", f"login() is not available in API version {version}; use OAuth")
    user_id = org.sign_in(texts.get("username", ""), texts.get("password", ""))
    if user_id is None:
        return _fault("INVALID_LOGIN", "Invalid username, password, security token; or user locked out.")
    session = oauth.open_session(org, user_id, "")
    result = (
        "<loginResponse><result>"
        f"<metadataServerUrl>{org.instance_url}/services/Soap/m/{version}/{org.organization}</metadataServerUrl>"
        "<passwordExpired>false</passwordExpired><sandbox>false</sandbox>"
        f"<serverUrl>{org.instance_url}/services/Soap/u/{version}/{org.organization}</serverUrl>"
        f"<sessionId>{session.token}</sessionId><userId>{user_id}</userId>"
        f"<userInfo>{_user_info(org, user_id)}</userInfo></result></loginResponse>"
    )
    return Reply(body=_ENVELOPE.format(result).encode(), content_type="text/xml; charset=utf-8")


def _user_info(org: Org, user_id: str) -> str:
    """What the service tells about a user (Web Services API, "GetUserInfoResult")."""
    user = org.store.get("User", user_id) or {}
    told = {
        "organizationId": org.organization,
        "organizationName": "Acme",
        "sessionSecondsValid": int(SESSION_LIFETIME.total_seconds()),
        "userEmail": user.get("Email", ""),
        "userFullName": user.get("Name", ""),
        "userId": user_id,
        "userLanguage": user.get("LanguageLocaleKey", ""),
        "userLocale": user.get("LocaleSidKey", ""),
        "userName": user.get("Username", ""),
        "userTimeZone": user.get("TimeZoneSidKey", ""),
        "userType": user.get("UserType", ""),
    }
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in told.items())


def _signed_in(org: Org, texts: dict[str, str]) -> Reply:
    """The operations besides ``login`` that clients use to manage their session."""
    session = oauth.current(org, texts.get("sessionId", "").strip())
    if session is None:
        return _fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session")
    if "logout" in texts:
        del org.sessions[session.token]
        return Reply(body=_ENVELOPE.format("<logoutResponse/>").encode(), content_type="text/xml; charset=utf-8")
    if "getUserInfo" in texts:
        told = f"<getUserInfoResponse><result>{_user_info(org, session.user_id)}</result></getUserInfoResponse>"
        return Reply(body=_ENVELOPE.format(told).encode(), content_type="text/xml; charset=utf-8")
    if "getServerTimestamp" in texts:
        result = f"<getServerTimestampResponse><result><timestamp>{org.stamp()}</timestamp></result></getServerTimestampResponse>"
        return Reply(body=_ENVELOPE.format(result).encode(), content_type="text/xml; charset=utf-8")
    return _fault("INVALID_OPERATION", "No operation available for request")
