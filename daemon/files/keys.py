"""The one key vocabulary: each English key with its Vietnamese name without diacritics.

Both spellings are valid; both at once in one mapping is a duplicate. Messages quote what was typed.
Word values (roles, voices, yes and no) have their spellings here too.
"""

from __future__ import annotations

from collections.abc import Mapping

from daemon.domain.ladders import When
from daemon.domain.words import Channel, JudgedBy, Level, Role, Roll, Voice

PLAN: Mapping[str, str] = {
    "plan": "ke-hoach",
    "active": "theo-doi",
    "kind": "loai",
    "number": "so",
    "title": "ve-viec",
    "issued": "ban-hanh",
    "published": "phat-hanh",
    "issuer": "co-quan",
    "collector": "dau-moi",
    "contact": "lien-he",
    "from": "tu",
    "ends": "ket-thuc",
    "ladder": "cach-nhac",
    "attachments": "tai-lieu",
    "milestones": "moc",
    "undated": "khong-thoi-han",
    "targets": "chi-tieu",
}
MILESTONE: Mapping[str, str] = {
    "id": "ma",
    "task": "viec",
    "sentence": "cau",
    "short": "goi-tat",
    "clause": "muc",
    "due": "han",
    "means": "nghia-la",
    "roll": "doi-ngay",
    "owed_by": "ai-gui",
    "except": "tru",
    "send_to": "gui-ve",
    "via": "qua",
    "send_by": "cach-gui",
    "judged_by": "tinh-theo",
    "cutoff": "chot-so-lieu",
    "reply_by": "tra-loi-them",
    "needs": "can-co",
    "ladder": "cach-nhac",
    "attachments": "tai-lieu",
}
UNDATED: Mapping[str, str] = {"id": "ma", "task": "viec", "clause": "muc"}
TARGET: Mapping[str, str] = {
    "id": "ma",
    "clause": "muc",
    "counts": "dem",
    "met_when": "dat-khi",
    "manual": "nhap-tay",
}
ATTACHMENT: Mapping[str, str] = {"name": "ten", "file": "tep"}

AGENCIES: Mapping[str, str] = {"groups": "khoi", "agencies": "co-quan", "issuer_office": "van-phong"}
GROUP: Mapping[str, str] = {"id": "ma", "name": "ten"}
AGENCY: Mapping[str, str] = {
    "id": "ma",
    "name": "ten",
    "short_name": "ten-ngan",
    "group": "khoi",
    "voice": "xung-ho",
    "head_title": "thu-truong",
    "office": "van-thu",
    "channels": "kenh",
    "calendar": "lich",
    "active": "theo-doi",
    "active_from": "tu",
    "active_until": "den",
    "people": "lien-lac",
}
PERSON: Mapping[str, str] = {
    "id": "ma",
    "role": "vai",
    "name": "ho-ten",
    "title": "chuc-danh",
    "department": "phong",
    "email": "email",
    "phone": "dien-thoai",
    "zalo": "zalo",
    "channels": "kenh",
    "from": "tu",
    "until": "den",
}

LADDER: Mapping[str, str] = {"at": "gio-gui", "channels": "kenh", "steps": "cac-lan"}
STEP: Mapping[str, str] = {
    "step": "lan",
    "when": "khi",
    "level": "muc-do",
    "to": "gui",
    "cc": "dong-gui",
    "channels": "kenh",
    "at": "gio-gui",
    "every": "lap-lai",
    "at_most": "toi-da",
    "useful_for": "con-ich",
    "approval": "cho-duyet",
    "draft": "du-thao",
}

# Under rieng: {calendar id: a list of years of the same shape}.
CALENDARS: Mapping[str, str] = {"office": "chung", "own": "rieng"}
CALENDAR_YEAR: Mapping[str, str] = {
    "year": "nam",
    "confirmed": "da-cong-bo",
    "notices": "can-cu",
    "days_off": "ngay-nghi",
    "worked": "lam-bu",
    "quiet": "ngay-yen-lang",
}

ROLES: Mapping[str, Role] = {
    "dau-moi": Role.FOCAL,
    "phu-trach": Role.DEPUTY,
    "thu-truong": Role.HEAD,
    "van-thu": Role.OFFICE,
    "lanh-dao-dau-moi": Role.COLLECTOR_HEAD,
}
VOICES: Mapping[str, Voice] = {
    "so-nganh": Voice.DEPARTMENT,
    "huyen": Voice.DISTRICT,
    "trung-uong": Voice.CENTRAL,
    "vu-trang": Voice.ARMED,
    "noi-bo": Voice.INTERNAL,
}
CHANNELS: Mapping[str, Channel] = {"email": Channel.EMAIL, "zalo": Channel.ZALO}
JUDGED_BY: Mapping[str, JudgedBy] = {"ngày gửi": JudgedBy.SENT, "ngày đến": JudgedBy.RECEIVED}
ROLLS: Mapping[str, Roll] = {"không": Roll.NONE, "sau": Roll.NEXT, "trước": Roll.PREVIOUS}
YES_NO: Mapping[str, bool] = {"có": True, "không": False, "yes": True, "no": False, "true": True, "false": False}
WHENS: Mapping[str, When] = {"khi phát hành": When.ISSUED, "đúng ngày": When.ON}  # "trước n ngày", "sau n ngày (lịch)"
LEVELS: Mapping[str, Level] = {str(level.value): level for level in Level}
LEVEL_NAMES: Mapping[str, Level] = {
    "thông báo": Level.NOTICE,
    "nhắc": Level.NOTICE,
    "đôn đốc": Level.PRESS,
    "hạn cuối": Level.PRESS,
    "quá hạn": Level.OVERDUE,
    "gửi thủ trưởng": Level.HEAD,
    "trình": Level.SUPERIOR,
}
FORMER_STEPS: Mapping[str, str] = {"giao-viec": "thong-bao"}  # the collector does not assign work to its peers

# The administrator's file, config/dondoc.yaml (fields: daemon/domain/settings.py). Relative paths are relative
# to that file; durations take "30", "30 giây", "15 phút" or "2 giờ" (a bare number is seconds).
#
#   co-so-du-lieu   database      path of the SQLite file
#   tep             files         where the operators' files are (FILES)
#   nguoi-gui       sender        who the letters come from (SENDER)
#   gio-gui         windows       [08:30-11:30, 13:30-16:30]; the first is the morning
#   cach-gui-thu    email         smtp | console | memory
#   thu             smtp          the mail server (SMTP); needed when cach-gui-thu is smtp
#   thu-rieng       smtp_more     left out: one server for all; each entry as thu, with mien-nguoi-nhan (SMTP)
#   hop-thu-den     mailbox       left out: no reports or answers are read (MAILBOX)
#   zalo            zalo          left out: no Zalo (ZALO)
#   dia-chi-web     public_url    left out: letters carry no link
#   nhip            pace          PACE
#   gioi-han        limits        LIMITS
#   muc-nhat-ky     log_level     debug | info | warning | error
#   bao-thu-ngay-mai  tomorrow_note  15:30, or không
#   bao-cao-tuan    weekly_report 07:30, or không
#   bao-song        heartbeat     left out: nobody outside is told that all is well (HEARTBEAT)
SETTINGS: Mapping[str, str] = {
    "database": "co-so-du-lieu",
    "files": "tep",
    "sender": "nguoi-gui",
    "windows": "gio-gui",
    "email": "cach-gui-thu",
    "smtp": "thu",
    "smtp_more": "thu-rieng",  # a list, each with its domains
    "mailbox": "hop-thu-den",
    "zalo": "zalo",
    "public_url": "dia-chi-web",
    "pace": "nhip",
    "limits": "gioi-han",
    "log_level": "muc-nhat-ky",
    "tomorrow_note": "bao-thu-ngay-mai",  # an hour, or không
    "weekly_report": "bao-cao-tuan",  # an hour, or không
    "heartbeat": "bao-song",
}
HEARTBEAT: Mapping[str, str] = {"url": "dia-chi", "every": "chu-ky"}
FILES: Mapping[str, str] = {
    "schedules": "ke-hoach",  # a directory of *.yaml
    "agencies": "co-quan",
    "ladders": "cach-nhac",
    "calendar": "lich",
    "templates": "mau-thu",  # left out: the ones shipped
}
SMTP: Mapping[str, str] = {
    "host": "may-chu",
    "port": "cong",
    "security": "bao-mat",  # không | starttls | tls
    "username": "tai-khoan",
    "password_file": "tep-mat-khau",
    "auth": "xac-thuc",  # [login, plain]
    "ca_file": "tep-ca",
    "international": "dia-chi-quoc-te",  # có: addresses beyond ASCII are let through
    "bounce": "bao-loi-ve",  # không | dấu cộng | tên miền riêng
    "bounce_domain": "ten-mien-bao-loi",
    "connections": "so-ket-noi",
    "connect_timeout": "cho-ket-noi",
    "command_timeout": "cho-lenh",
    "data_timeout": "cho-noi-dung",
    "answer_timeout": "cho-tra-loi",
    "rate_per_second": "moi-giay",  # a number, also 0,5; or không giới hạn
    "rate_per_hour": "moi-gio",
    "agency_gap": "cach-nhau",
    "domains": "mien-nguoi-nhan",  # of thu-rieng alone
}
MAILBOX: Mapping[str, str] = {
    "host": "may-chu",
    "port": "cong",
    "security": "bao-mat",  # không | starttls | tls
    "username": "tai-khoan",
    "password_file": "tep-mat-khau",
    "ca_file": "tep-ca",
    "folder": "thu-muc",
    "every": "doc-moi",
}
ZALO: Mapping[str, str] = {
    "kind": "loai",  # bot | webhook | oa | zbs
    "base_url": "dia-chi-goc",
    "token_file": "tep-ma",
    "url": "dia-chi",
    "key_id": "ma-khoa",
    "secret_file": "tep-khoa",
    "timeout": "cho",
    "rate_per_second": "moi-giay",
    "rate_per_hour": "moi-gio",
    "agency_gap": "cach-nhau",
    "oauth_url": "dia-chi-cap-ma",
    "oa_id": "ma-oa",
    "app_id": "ma-ung-dung",
    "app_secret_file": "tep-khoa-ung-dung",
    "app_secret_proof": "chung-minh-khoa",  # có: the app asks for appsecret_proof
    "templates": "mau",  # zbs (ZBS_TEMPLATE)
    "development": "thu-nghiem",
    "proxy": "proxy",
    "ca_file": "tep-ca",
}
ZBS_TEMPLATE: Mapping[str, str] = {"id": "ma", "letters": "dung-cho", "parameters": "tham-so"}
ZBS_PARAMETER: Mapping[str, str] = {"name": "ten", "says": "lay", "kind": "kieu"}
SENDER: Mapping[str, str] = {
    "address": "dia-chi",
    "name": "ten",
    "reply_to": "tra-loi-ve",
    "message_id_domain": "ten-mien-ma-thu",
}
PACE: Mapping[str, str] = {
    "tick": "chu-ky",
    "lease": "giu-thu",
    "unknown_after": "cho-thu-khong-ro",
    "resend_unknown": "gui-lai-thu-khong-ro",  # a count, or "đến hết lần nhắc"
    "workers": "so-luong-gui",
    "drain": "cho-dung",
}
LIMITS: Mapping[str, str] = {"removal_percent": "phan-tram-bo", "flood": "so-thu"}
