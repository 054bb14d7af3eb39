"""Infrastructure (hạ tầng): equipment, networks, security equipment. A group of readiness."""

from scorer.plugin_api import CriterionGroup, Indicator, PartOf, hookimpl


class Infrastructure(CriterionGroup):
    """Criteria of this group are scored by the formulas that the criteria set names."""

    name, api_version = "infrastructure", 1
    title = {"en": "Infrastructure", "vi": "Hạ tầng"}
    indicators = (
        Indicator(
            "infrastructure_awarded",
            kind="number",
            unit="points",
            unit_titles={"vi": "điểm"},
            title={"en": "Points awarded for infrastructure", "vi": "Điểm thẩm định nhóm hạ tầng"},
            better="more",
        ),
        Indicator(
            "infrastructure_conditional_awarded",
            kind="number",
            unit="points",
            unit_titles={"vi": "điểm"},
            title={
                "en": "Points awarded for infrastructure that is not asked of every unit",
                "vi": "Điểm thẩm định hạ tầng không áp dụng cho mọi đơn vị",
            },
            better="more",
        ),
        Indicator(
            "computers",
            kind="count",
            unit="machines",
            unit_titles={"vi": "máy"},
            title={"en": "Computers for officials", "vi": "Số máy tính trang bị cho cán bộ, công chức, viên chức"},
            maximum=100_000,
        ),
        Indicator(
            "computers_antivirus",
            kind="count",
            unit="machines",
            unit_titles={"vi": "máy"},
            title={"en": "Computers with antivirus software", "vi": "Số máy tính cài phần mềm diệt virus"},
            maximum=100_000,
            better="more",
        ),
        Indicator(
            "computers_on_lan",
            kind="count",
            unit="machines",
            unit_titles={"vi": "máy"},
            title={"en": "Computers on the local network", "vi": "Số máy tính kết nối mạng nội bộ (LAN)"},
            maximum=100_000,
            better="more",
        ),
        Indicator(
            "computers_recent",
            kind="count",
            unit="machines",
            unit_titles={"vi": "máy"},
            title={"en": "Computers that serve the work well", "vi": "Số máy tính đáp ứng nhu cầu làm việc"},
            maximum=100_000,
            better="more",
        ),
        Indicator(
            "lan",
            kind="choice",
            options=("structured", "simple", "none"),
            option_titles={
                "structured": {"en": "structured and managed", "vi": "thiết kế đồng bộ"},
                "simple": {"en": "simple", "vi": "đơn giản"},
                "none": {"en": "none", "vi": "chưa có"},
            },
            title={
                "en": "Local network: structured and managed, simple, none",
                "vi": "Mạng nội bộ (LAN): thiết kế đồng bộ, đơn giản, chưa có",
            },
        ),
        Indicator(
            "internet_bandwidth",
            kind="number",
            unit="Mbit/s",
            title={"en": "Bandwidth to the Internet", "vi": "Băng thông kết nối Internet"},
            minimum=0,
            maximum=100_000,
            better="more",
        ),
        Indicator(
            "firewall_appliance",
            kind="flag",
            title={"en": "Firewall as a device of its own", "vi": "Thiết bị tường lửa (firewall) chuyên dụng"},
            better="more",
        ),
        Indicator(
            "firewall_software",
            kind="flag",
            title={
                "en": "Firewall within the router or as software",
                "vi": "Tường lửa tích hợp trên bộ định tuyến hoặc bằng phần mềm",
            },
            better="more",
        ),
        Indicator(
            "cameras",
            kind="count",
            unit="cameras",
            unit_titles={"vi": "camera"},
            title={
                "en": "Cameras watching the one-stop desk and key places",
                "vi": "Số camera giám sát tại bộ phận một cửa và vị trí xung yếu",
            },
            maximum=1000,
            better="more",
        ),
        Indicator(
            "lan_lightning_protection",
            kind="flag",
            title={
                "en": "Protection of the local network from lightning surges",
                "vi": "Hệ thống chống sét lan truyền bảo vệ mạng LAN",
            },
            better="more",
        ),
        Indicator(
            "lookup_screen",
            kind="flag",
            title={
                "en": "Screen at the one-stop desk for looking procedures up",
                "vi": "Màn hình tra cứu thủ tục hành chính tại bộ phận một cửa",
            },
            better="more",
        ),
        Indicator(
            "led_screen",
            kind="flag",
            title={
                "en": "LED screen with the leaders' schedule",
                "vi": "Màn hình LED hiển thị lịch công tác của lãnh đạo",
            },
            better="more",
        ),
        Indicator(
            "barcode_reader",
            kind="flag",
            title={
                "en": "Bar-code reader at the one-stop desk for looking files up",
                "vi": "Đầu đọc mã vạch tra cứu hồ sơ tại bộ phận một cửa",
            },
            better="more",
        ),
        Indicator(
            "online_meeting_room",
            kind="flag",
            title={"en": "Room for online meetings", "vi": "Phòng họp trực tuyến"},
            better="more",
        ),
        Indicator(
            "one_stop_citizen_computer",
            kind="flag",
            title={
                "en": "Computer for the public at the one-stop desk",
                "vi": "Máy tính phục vụ người dân tại bộ phận một cửa",
            },
            better="more",
        ),
        Indicator(
            "one_stop_scanner",
            kind="flag",
            title={"en": "Scanner at the one-stop desk", "vi": "Máy quét tài liệu tại bộ phận một cửa"},
            better="more",
        ),
        Indicator(
            "one_stop_items_required",
            kind="count",
            unit="items",
            unit_titles={"vi": "mục"},
            title={
                "en": "Kinds of equipment asked of the one-stop desk by Nghị định 61/2018/NĐ-CP",
                "vi": "Số loại trang thiết bị bộ phận một cửa phải có theo Nghị định 61/2018/NĐ-CP",
            },
            maximum=100,
        ),
        Indicator(
            "one_stop_items",
            kind="count",
            unit="items",
            unit_titles={"vi": "mục"},
            title={
                "en": "Kinds of this equipment that the one-stop desk has",
                "vi": "Số loại trang thiết bị bộ phận một cửa đã có",
            },
            maximum=100,
            better="more",
        ),
        Indicator(
            "security_incidents",
            kind="count",
            unit="incidents",
            unit_titles={"vi": "sự cố"},
            title={"en": "Information security incidents", "vi": "Số sự cố mất an toàn thông tin"},
            maximum=10_000,
            better="less",
        ),
        Indicator(
            "data_backup",
            kind="flag",
            title={"en": "Data are backed up regularly", "vi": "Sao lưu dữ liệu định kỳ"},
            better="more",
        ),
        Indicator(
            "households",
            kind="count",
            unit="households",
            unit_titles={"vi": "hộ"},
            title={"en": "Households of the area", "vi": "Số hộ gia đình trên địa bàn"},
            maximum=5_000_000,
        ),
        Indicator(
            "households_computer",
            kind="count",
            unit="households",
            unit_titles={"vi": "hộ"},
            title={"en": "Households with a computer", "vi": "Số hộ có máy tính"},
            maximum=5_000_000,
            better="more",
        ),
        Indicator(
            "households_television",
            kind="count",
            unit="households",
            unit_titles={"vi": "hộ"},
            title={"en": "Households with a television", "vi": "Số hộ có ti vi"},
            maximum=5_000_000,
            better="more",
        ),
        Indicator(
            "households_internet",
            kind="count",
            unit="households",
            unit_titles={"vi": "hộ"},
            title={"en": "Households with Internet", "vi": "Số hộ có kết nối Internet"},
            maximum=5_000_000,
            better="more",
        ),
    )
    checks = (
        PartOf("computers_antivirus", "computers"),
        PartOf("computers_on_lan", "computers"),
        PartOf("computers_recent", "computers"),
        PartOf("one_stop_items", "one_stop_items_required"),
        PartOf("households_computer", "households"),
        PartOf("households_television", "households"),
        PartOf("households_internet", "households"),
    )


@hookimpl
def scorer_criterion_group() -> CriterionGroup:
    """The criterion group of this plugin."""
    return Infrastructure()
