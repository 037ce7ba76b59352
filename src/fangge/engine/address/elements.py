"""The kinds of address elements, their order, and the words that mark them."""

from enum import StrEnum


class Kind(StrEnum):
    """What a piece of an address names, from the widest to the narrowest."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    DEVELOPMENT_ZONE = "development_zone"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    GROUP = "group"
    ROAD = "road"
    NUMBER = "number"
    ESTATE = "estate"
    BUILDING = "building"
    UNIT = "unit"
    FLOOR = "floor"
    ROOM = "room"
    INTERSECTION = "intersection"
    DIRECTION = "direction"
    PHONE = "phone"
    PERSON = "person"
    REDUNDANT = "redundant"


KINDS = tuple(kind.value for kind in Kind)
"""Kinds by their number in compiled code."""

LEVELS: tuple[str, ...] = ("road", "number", "estate", "building", "unit", "floor", "room")
"""Levels of the register's tree, parents before children."""

DIVISION_KINDS = (
    Kind.PROVINCE,
    Kind.CITY,
    Kind.DISTRICT,
    Kind.DEVELOPMENT_ZONE,
    Kind.SUBDISTRICT,
    Kind.COMMUNITY,
)

NUMERALS = "零〇一二三四五六七八九十百两"
STEMS = "甲乙丙丁戊己庚辛壬癸"

BUILDING_WORDS = ("号楼", "号幢", "号栋", "#楼", "幢", "栋", "座")
UNIT_WORDS = ("单元", "门", "梯")
FLOOR_WORDS = ("层", "楼", "F")
ROOM_WORDS = ("室", "房间", "号房", "号室", "房", "户", "号")
ROAD_WORDS = ("大街", "大道", "路", "街", "巷", "弄", "胡同", "里", "道")
ZONE_WORDS = (
    "经济技术开发区",
    "高新技术产业开发区",
    "经济开发区",
    "旅游度假区",
    "工业园区",
    "高新区",
    "开发区",
    "产业园",
    "工业园",
    "科技园",
    "工业区",
    "保税区",
)
COMMUNITY_WORDS = (
    "社区居民委员会",
    "社区居委会",
    "居民委员会",
    "村民委员会",
    "社区",
    "居委会",
    "村委会",
    "行政村",
    "自然村",
)
NEAR_WORDS = ("附近", "对面", "斜对面", "旁边", "旁", "隔壁")
NOISE_WORDS = (
    "快递",
    "送",
    "请",
    "电话",
    "联系",
    "手机",
    "出租",
    "自住",
    "放",
    "门口",
    "收",
    "转",
    "近",
    "内",
    "附近",
    "对面",
    "旁",
    "的",
)
"""How words begin that people append to an address and that name no place of their own."""

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范石廖贾夏付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
