{# Made from dbt_project/rules by `python scripts/make_rules.py`: change those, then run it. #}
{% macro rule_catalogue() %}
    {{
        return([
            {
                'rule_id': "date_unreadable",
                'version': 2,
                'name_zh': "日期无法识别或日历中没有",
                'name_en': "A date that cannot be read or that the calendar does not have",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "2月30日之类的日期不能用于计算，记录的先后无从判断。",
                'reason': "A day such as 30 February orders nothing and dates nobody's age.",
                'source': "GB/T 7408-2005; interface/extracts.yml, types",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "date_in_future",
                'version': 1,
                'name_zh': "日期晚于报送日期",
                'name_en': "A date after the delivery that says it",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "已经发生的事不可能晚于报送之日。到期、应种等约定将来的日期除外。",
                'reason': "What has happened cannot be later than the day it was delivered. Days that are agreed on ahead are left out.",
                'source': "GB/T 36344-2018 准确性",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "date_before_1900",
                'version': 1,
                'name_zh': "日期早于1900年",
                'name_en': "A date before 1900",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.0005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "在世者与在用的登记都不早于1900年；多为录入错误或软件的默认日期。",
                'reason': "Nobody alive and no register in use goes back so far; most are slips or the default of a program.",
                'source': "GB/T 36344-2018 准确性",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "code_unknown",
                'version': 2,
                'name_zh': "代码不在代码表中",
                'name_en': "A code outside its list",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "表外代码不能归类，统计时只能算作不详。",
                'reason': "What is in no list is in no category, and counts as unknown.",
                'source': "interface/extracts.yml, code_lists; GB/T 2261.1, GB/T 2261.2, GB/T 3304, GB/T 4658, GB/T 4761, GB/T 4754",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "number_unreadable",
                'version': 2,
                'name_zh': "数值无法识别",
                'name_en': "A number that cannot be read",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "无法识别的金额和数量不计入任何合计。",
                'reason': "An amount that cannot be read is in no total.",
                'source': "interface/extracts.yml, types",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "division_superseded",
                'version': 1,
                'name_zh': "使用已撤销的区划代码",
                'name_en': "A division code that has been superseded",
                'dimension': "时效性",
                'kahn': "conformance",
                'severity': "info",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "区划已合并或更名，按后继区划统计；来源系统应更新代码表。",
                'reason': "It is counted under its successor; the bureau's list of codes is out of date.",
                'source': "GB/T 2260-2007 及其变更; 民政部 县级以上行政区划变更情况",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "phone_malformed",
                'version': 1,
                'name_zh': "电话号码格式错误",
                'name_en': "Not a phone number",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "号码不是7至12位数字，打不通，也不能用于核对身份。",
                'reason': "What does not have 7 to 12 digits reaches nobody and tells nobody apart.",
                'source': "电信网编号计划（2010年版）",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "phone_not_assigned",
                'version': 1,
                'name_zh': "手机号段不存在",
                'name_en': "A mobile number of no assigned range",
                'dimension': "准确性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "以10、11、12开头的11位号码不是任何手机号段，多为漏位或错位。",
                'reason': "Eleven digits that begin with 10, 11 or 12 are in no mobile range; most have slipped by a place.",
                'source': "电信网编号计划（2010年版）",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "phone_placeholder",
                'version': 1,
                'name_zh': "电话号码为占位号码",
                'name_en': "A phone number that stands for none",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "13800138000（客服示例号）或全为同一数字的号码是为填满必填项而写。",
                'reason': "13800138000, or one digit all over, is written to fill a field that must not be empty.",
                'source': "GB/T 36344-2018 准确性; 数据录入中常见的占位值",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "amount_negative",
                'version': 1,
                'name_zh': "金额或数量为负",
                'name_en': "A negative amount or count",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.0005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "补贴、租金、经费、人数不可能小于零；冲账应另行报送。",
                'reason': "No subsidy, rent, fund or number of people is below zero; a reversal is another record.",
                'source': "GB/T 36344-2018 准确性",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "required_missing",
                'version': 1,
                'name_zh': "必填项为空",
                'name_en': "A required column is null",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "合同规定必填的是他人要用的；手工录入漏填以百分之一为限。",
                'reason': "What a contract requires is what others reckon with; a hundredth of records is what typing by hand leaves out.",
                'source': "interface/public.yml rule_ids; interface/extracts.yml, required",
                'model': "rule_required_missing",
                'counted_over': "all",
            },
            {
                'rule_id': "division_unknown",
                'version': 2,
                'name_zh': "区划代码不在区划表中",
                'name_en': "Division code not in the list",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "区划代码不在表中的人不计入任何社区。",
                'reason': "Who stands under a code that is not in the list is counted in no community.",
                'source': "统计用区划代码 2023; GB/T 2260",
                'model': "rule_division_unknown",
                'counted_over': "all",
            },
            {
                'rule_id': "division_partial",
                'version': 1,
                'name_zh': "区划代码未到应填级别",
                'name_en': "Division code above the level asked for",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "warn",
                'threshold_rate': 0.03,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "只填到旗县区的人不计入任何社区，也没有社区知道她。",
                'reason': "Who stands under a district alone is counted in no community, and no community knows of her.",
                'source': "interface/public.yml rule_ids; 统计用区划代码 2023; GB/T 2260",
                'model': "rule_division_partial",
                'counted_over': "all",
            },
            {
                'rule_id': "delivery_refused",
                'version': 1,
                'name_zh': "整批退回",
                'name_en': "A delivery refused",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "error",
                'threshold_rate': none,
                'threshold_count': 0,
                'owner_bureau': none,
                'disclose_to': "bureau",
                'reason_zh': "在重新报送之前，该数据集停留在原来的样子。",
                'reason': "Until the bureau delivers again, the dataset stands as it was.",
                'source': "design.md, landing",
                'model': "rule_delivery_refused",
                'counted_over': "all",
            },
            {
                'rule_id': "delivery_late",
                'version': 1,
                'name_zh': "逾期未报",
                'name_en': "A delivery overdue",
                'dimension': "时效性",
                'kahn': "completeness",
                'severity': "warn",
                'threshold_rate': none,
                'threshold_count': 0,
                'owner_bureau': none,
                'disclose_to': "bureau",
                'reason_zh': "最近一批之后发生的事不在库中，也没有人看得出来。",
                'reason': "What happened since the newest delivery is not in the library, and nobody can see that it is missing.",
                'source': "slaProperties of sources/contracts",
                'model': "rule_delivery_late",
                'counted_over': "all",
            },
            {
                'rule_id': "column_unknown",
                'version': 1,
                'name_zh': "合同外的字段",
                'name_en': "A column that the contract does not have",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "info",
                'threshold_rate': none,
                'threshold_count': 0,
                'owner_bureau': none,
                'disclose_to': "bureau",
                'reason_zh': "新字段可能是改名，也可能是无人要求的个人信息。",
                'reason': "A new column may be a renamed one, or personal data that nobody asked for.",
                'source': "design.md, landing",
                'model': "rule_column_unknown",
                'counted_over': "all",
            },
            {
                'rule_id': "row_quarantined",
                'version': 1,
                'name_zh': "无法读取的行",
                'name_en': "A row that cannot be read",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau",
                'reason_zh': "重新报送之前，该行不在任何数字中。",
                'reason': "The row is in no figure until it is delivered again.",
                'source': "design.md, landing",
                'model': "rule_row_quarantined",
                'counted_over': "all",
            },
            {
                'rule_id': "row_repeated",
                'version': 1,
                'name_zh': "同一行重复报送",
                'name_en': "The same row delivered twice",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "重复报送的行，不加辨别就会被统计两次。",
                'reason': "A row that comes twice is counted twice by whoever does not look.",
                'source': "interface/public.yml rule_ids",
                'model': "rule_row_repeated",
                'counted_over': "all",
            },
            {
                'rule_id': "key_conflict",
                'version': 1,
                'name_zh': "同一主键内容不同",
                'name_en': "One key, different content in one delivery",
                'dimension': "一致性",
                'kahn': "conformance",
                'severity': "error",
                'threshold_rate': none,
                'threshold_count': 0,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "同一主键两种内容，必有一误；在部门说明之前以文件和行序在后的为准。",
                'reason': "Of two contents under one key one is wrong; the last by file and row counts until the bureau says otherwise.",
                'source': "interface/public.yml rule_ids",
                'model': "rule_key_conflict",
                'counted_over': "all",
            },
            {
                'rule_id': "delete_unknown",
                'version': 1,
                'name_zh': "删除的主键不存在",
                'name_en': "A deletion of a key that is not there",
                'dimension': "一致性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': none,
                'threshold_count': 0,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "要删除的从未报送过，说明此前缺了一批，或主键有误。",
                'reason': "A deletion of what was never delivered means that an earlier delivery is missing, or the key is wrong.",
                'source': "design.md, ledger",
                'model': "rule_delete_unknown",
                'counted_over': "all",
            },
            {
                'rule_id': "id_checksum",
                'version': 1,
                'name_zh': "公民身份号码校验码错误",
                'name_en': "Check digit wrong",
                'dimension': "准确性",
                'kahn': "conformance",
                'severity': "error",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "校验码错误的号码不属于任何人，不能用于关联。",
                'reason': "A number with a wrong check digit is not the number of anybody: it links to nobody.",
                'source': "GB 11643-1999",
                'model': "rule_id_checksum",
                'counted_over': "all",
            },
            {
                'rule_id': "id_malformed",
                'version': 1,
                'name_zh': "公民身份号码位数或日期错误",
                'name_en': "Not a number of 15 or 18 places",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "error",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "不成其为号码就不能说明是谁；被电子表格四舍五入的号码末几位已永久丢失。",
                'reason': "What is no ID number cannot say who is meant; numbers that Excel has rounded have lost their last digits for good.",
                'source': "GB 11643-1999",
                'model': "rule_id_malformed",
                'counted_over': "all",
            },
            {
                'rule_id': "id_missing",
                'version': 2,
                'name_zh': "缺少公民身份号码",
                'name_en': "No number where one is expected",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "原始信息缺失：没有号码的记录只能靠姓名和出生日期关联。一岁以上的记录主体应有号码；一同填写的父母、监护人可以没有。",
                'reason': "原始信息缺失: without a number a record is linked by name and birth only. A number is expected of everybody whom a record is about and who is older than a year; those named beside her (mother, father, guardian) may lack one.",
                'source': "interface/public.yml rule_ids",
                'model': "rule_id_missing",
                'counted_over': "all",
            },
            {
                'rule_id': "id_borrowed",
                'version': 1,
                'name_zh': "使用他人的公民身份号码",
                'name_en': "A valid number on a record of another person",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre; police in totals only where the record is of health, education, marriage or assistance",
                'reason_zh': "借用他人号码，服务记到别人名下，两个人都数错。",
                'reason': "Under a borrowed number one person gets the services of another, and neither is counted right.",
                'source': "interface/public.yml rule_ids; GB 11643-1999",
                'model': "rule_id_borrowed",
                'counted_over': "all",
            },
            {
                'rule_id': "id_duplicated",
                'version': 1,
                'name_zh': "一号两人",
                'name_en': "One valid number that fits two people",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': "psb",
                'disclose_to': "bureau and area centre; police in totals only where the record is of health, education, marriage or assistance",
                'reason_zh': "重号：只有公安机关能为其中一人换号，在此之前两人会被当成一人。",
                'reason': "重号: only the police can give one of the two another number; until then each is taken for the other.",
                'source': "interface/public.yml rule_ids; GB 11643-1999",
                'model': "rule_id_duplicated",
                'counted_over': "all",
            },
            {
                'rule_id': "person_repeated",
                'version': 1,
                'name_zh': "同一人有多条有效记录",
                'name_en': "One person with several records open at once",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "登记两次的人会被统计两次、走访两次。",
                'reason': "Who is registered twice is counted twice and visited twice.",
                'source': "interface/public.yml rule_ids",
                'model': "rule_person_repeated",
                'counted_over': "all",
            },
            {
                'rule_id': "counterpart_missing",
                'version': 1,
                'name_zh': "应有记录未见",
                'name_en': "A record that should exist in another bureau is not seen",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "info",
                'threshold_rate': 0.2,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau named and area centre; of certificates of death health and area centre alone, police in totals only",
                'reason_zh': "应有而未见记录的人得不到该项服务。记录可能在别处：这里列出的是该问谁，不是指责谁。",
                'reason': "Who has no record where one is due gets no service there. It may lie elsewhere: this lists whom to ask, and accuses nobody.",
                'source': "interface/public.yml rule_ids; 义务教育法 第十一条; 国家基本公共卫生服务规范 居民健康档案; 户口登记条例 第八条",
                'model': "rule_counterpart_missing",
                'counted_over': "expected",
            },
            {
                'rule_id': "field_conflict",
                'version': 1,
                'name_zh': "部门之间记载不一致",
                'name_en': "Bureaus disagree about one person",
                'dimension': "一致性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.05,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau of the record and area centre, without naming the bureau that says otherwise; police in totals only where the record is of health, education, marriage or assistance",
                'reason_zh': "一数一源：两个部门对一个人说法不同，其中一个服务的就是并不存在的人。",
                'reason': "一数一源: where two bureaus say two things of a person, one of them serves somebody who is not there.",
                'source': "interface/public.yml rule_ids; library/int_person__golden_record",
                'model': "rule_field_conflict",
                'counted_over': "all",
            },
            {
                'rule_id': "birth_not_of_number",
                'version': 1,
                'name_zh': "出生日期与公民身份号码不符",
                'name_en': "Birth date other than the number says",
                'dimension': "一致性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "号码第7至14位即出生日期；两者不同，必有一误，或号码是他人的。",
                'reason': "Places 7 to 14 are the day of birth. Where they differ one is wrong, or the number is somebody else's.",
                'source': "GB 11643-1999 4.2",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "sex_not_of_number",
                'version': 1,
                'name_zh': "性别与公民身份号码不符",
                'name_en': "Sex other than the number says",
                'dimension': "一致性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "号码第17位奇数为男、偶数为女。",
                'reason': "The 17th place is odd for men and even for women.",
                'source': "GB 11643-1999 4.3",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "woman_with_mans_number",
                'version': 1,
                'name_zh': "母亲、妻子或孕产妇的号码属男性",
                'name_en': "A man's number for a mother, wife or pregnant woman",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "填的多半是父亲或丈夫的号码，服务会记到他名下。",
                'reason': "Most often the father's or husband's was written, and the service goes to him.",
                'source': "GB 11643-1999 4.3; 母婴保健法",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "man_with_womans_number",
                'version': 1,
                'name_zh': "父亲或丈夫的号码属女性",
                'name_en': "A woman's number for a father or husband",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "填的多半是母亲或妻子的号码。",
                'reason': "Most often the mother's or wife's was written.",
                'source': "GB 11643-1999 4.3",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "number_born_in_future",
                'version': 1,
                'name_zh': "号码中的出生日期晚于报送日期",
                'name_en': "A number that says a birth after the delivery",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.0005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "未出生者没有公民身份号码。",
                'reason': "Who is not born has no number.",
                'source': "GB 11643-1999 4.2",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "age_over_120",
                'version': 1,
                'name_zh': "年龄超过120岁",
                'name_en': "Older than 120 years",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.0005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "高龄多为年份录错，或死亡后未注销；计入常住人口会虚增老年人口。",
                'reason': "The year is a slip, or a death was never registered; either way old age is overstated.",
                'source': "第六次全国人口普查 数据审核规则; GB/T 36344-2018 准确性",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "id_first_generation",
                'version': 1,
                'name_zh': "仍使用15位旧号码",
                'name_en': "A number of the first generation, 15 places",
                'dimension': "时效性",
                'kahn': "conformance",
                'severity': "info",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "第一代居民身份证自2013年1月1日起停用，来源系统应换为18位号码。",
                'reason': "Cards of the first generation ended on 1 January 2013; the bureau's system still has their numbers.",
                'source': "居民身份证法（2011年修正）第二十三条; GB 11643-1999",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "sex_not_stated",
                'version': 1,
                'name_zh': "性别填为未知或未说明",
                'name_en': "Sex unknown or not stated",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "info",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "性别未明者不计入分性别的任何指标。",
                'reason': "Who has none is in no figure by sex.",
                'source': "GB/T 2261.1-2003",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "name_has_digits",
                'version': 1,
                'name_zh': "姓名含有数字",
                'name_en': "A name with digits",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "姓名须用规范汉字填写；含数字的多为编号串栏或区分同名的记号。",
                'reason': "A column has slipped, or somebody numbered namesakes.",
                'source': "居民身份证法 第四条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "name_placeholder",
                'version': 1,
                'name_zh': "姓名为占位文字",
                'name_en': "A name that stands for none",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "warn",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "测试、不详、无名氏、某某、问号等不是姓名，记录不能归到任何人。",
                'reason': "A test, an unknown, a John Doe, a question mark are nobody's name; the record belongs to nobody.",
                'source': "居民身份证法 第四条; 户口登记条例",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "name_of_one_character",
                'version': 1,
                'name_zh': "姓名只有一个字",
                'name_en': "A name of one character",
                'dimension': "完整性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "公民姓名由姓和名组成；只有一个字的多为漏录。",
                'reason': "A name is a surname and a given name; one character is most often what is left of it.",
                'source': "居民身份证法 第三条、第四条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "name_of_newborn_kept",
                'version': 1,
                'name_zh': "一岁以上仍用“某某之子/女”",
                'name_en': "Still named as somebody's child after a year",
                'dimension': "时效性",
                'kahn': "completeness",
                'severity': "info",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "新生儿临时姓名应在出生登记后更新，否则与户籍、学籍对不上。",
                'reason': "The name for the time being was never replaced, so no other record of the child meets it.",
                'source': "户口登记条例 第七条; 预防接种工作规范",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "event_before_birth",
                'version': 1,
                'name_zh': "登记或服务早于出生",
                'name_en': "Registered or served before being born",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "先有人，后有登记；两个日期必有一误。",
                'reason': "A person comes first and the record after; one of the two dates is wrong.",
                'source': "GB/T 36344-2018 准确性",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "mother_too_young_or_old",
                'version': 1,
                'name_zh': "母亲生育时不满12岁或超过60岁",
                'name_en': "A mother under 12 or over 60 at the birth",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "多半填成了祖母、姐姐或孩子本人的号码。",
                'reason': "Most often the number is the grandmother's, the sister's or the child's own.",
                'source': "妇幼卫生统计 数据审核规则; 世界卫生组织 育龄定义15至49岁，此处放宽",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "father_too_young",
                'version': 1,
                'name_zh': "父亲不满12岁",
                'name_en': "A father under 12 at the birth",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "多半填成了孩子本人或兄长的号码。",
                'reason': "Most often the number is the child's own or a brother's.",
                'source': "妇幼卫生统计 数据审核规则",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "guardian_too_young",
                'version': 1,
                'name_zh': "监护人未成年",
                'name_en': "A guardian who is a minor",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "监护人须有监护能力；未成年的多半是填成了学生本人或兄弟姐妹。",
                'reason': "A guardian has to be able to be one; a minor is most often the pupil or a sibling.",
                'source': "民法通则 第十六条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "number_shared_in_record",
                'version': 1,
                'name_zh': "一条记录中两人同号",
                'name_en': "Two people in one record with one number",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "孩子与母亲、学生与监护人、夫与妻不可能同号。",
                'reason': "Child and mother, pupil and guardian, husband and wife are two people.",
                'source': "GB 11643-1999; 居民身份证法 第三条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "name_shared_in_record",
                'version': 1,
                'name_zh': "一条记录中两人同名",
                'name_en': "Two people in one record with one name",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "父母与子女、夫与妻同名极少见，多半把一人的姓名填了两次。",
                'reason': "Parent and child or husband and wife hardly ever share a name; one was written twice.",
                'source': "GB/T 36344-2018 准确性",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "unit_without_staff",
                'version': 1,
                'name_zh': "在用机构无工作人员",
                'name_en': "A unit in use without staff",
                'dimension': "可访问性",
                'kahn': "plausibility",
                'severity': "info",
                'threshold_rate': 0.05,
                'threshold_count': none,
                'owner_bureau': "centre",
                'disclose_to': "bureau and area centre",
                'reason_zh': "没有人的机构提供不了服务，也无人核查数据。",
                'reason': "Where nobody works nobody is served, and nobody can be asked.",
                'source': "GB/T 36344-2018 可访问性; 调研报告：服务能力",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "unit_capacity_implausible",
                'version': 1,
                'name_zh': "机构服务容量为零或超过百万",
                'name_en': "A unit's capacity of nothing or over a million",
                'dimension': "可访问性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': "centre",
                'disclose_to': "bureau and area centre",
                'reason_zh': "容量用于按人口配置服务；零或过大都会误导规划。",
                'reason': "Services are planned by it; nothing or a million misleads.",
                'source': "GB/T 36344-2018 可访问性; interface/extracts.yml ref.unit",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "spent_over_allocated",
                'version': 1,
                'name_zh': "决算超过拨付",
                'name_en': "Spent more than was allocated",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': "finance",
                'disclose_to': "bureau and area centre",
                'reason_zh': "超出拨付5%以上的支出没有资金来源，至少一个数有误或漏报来源。",
                'reason': "More than a twentieth above what was given has no source; a figure is wrong, or one was left out.",
                'source': "预算法; 财政决算编审要求",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "allocated_over_budget",
                'version': 1,
                'name_zh': "拨付超过预算一倍",
                'name_en': "Allocated more than twice the budget",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': "finance",
                'disclose_to': "bureau and area centre",
                'reason_zh': "年中追加可以超过预算，但超过一倍的多为单位（元、万元）混用。",
                'reason': "Funds may be added in the year; twice as much is most often yuan written for ten thousand yuan.",
                'source': "预算法; interface/extracts.yml finance.service_funding",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "funding_year_implausible",
                'version': 1,
                'name_zh': "经费年度不合理",
                'name_en': "A year of funding that cannot be",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': none,
                'threshold_count': 0,
                'owner_bureau': "finance",
                'disclose_to': "bureau and area centre",
                'reason_zh': "早于分税制（1994年）或晚于报送次年的年度无从比较。",
                'reason': "Before 1994, or after the year that follows the delivery, there is nothing to compare.",
                'source': "预算法; 国发〔1993〕85号 分税制",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "funding_beneficiary_undivided",
                'version': 1,
                'name_zh': "经费未区分户籍与流动人口",
                'name_en': "Funds that do not say for whom",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "info",
                'threshold_rate': 0.3,
                'threshold_count': none,
                'owner_bureau': "finance",
                'disclose_to': "bureau and area centre",
                'reason_zh': "不区分受益对象，就看不出两类人口的人均投入差距。",
                'reason': "Where beneficiaries are not told apart the gap between them cannot be seen.",
                'source': "调研报告：经费按户籍人口核拨; 国家卫生计生委 流动人口基本公共卫生计生服务均等化",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "survey_age_out_of_range",
                'version': 1,
                'name_zh': "调查对象不在15至59岁",
                'name_en': "A respondent outside 15 to 59",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': "hfpc",
                'disclose_to': "bureau and area centre",
                'reason_zh': "调查总体为15至59周岁；范围外的样本不应进入加权估计。",
                'reason': "The survey is of people from 15 to 59; nobody else belongs into its estimates.",
                'source': "interface/survey.md; 流动人口动态监测调查 抽样方案",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "survey_weight_implausible",
                'version': 1,
                'name_zh': "调查权数为零或为负",
                'name_en': "A survey weight of nothing or less",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': none,
                'threshold_count': 0,
                'owner_bureau': "hfpc",
                'disclose_to': "bureau and area centre",
                'reason_zh': "权数是一个样本代表的人数，必须大于零。",
                'reason': "A weight is how many people a respondent stands for.",
                'source': "interface/survey.md",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "survey_household_contradicts",
                'version': 1,
                'name_zh': "同住或随迁人数多于家庭人数",
                'name_en': "More living together than there are",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': "hfpc",
                'disclose_to': "bureau and area centre",
                'reason_zh': "同住成员是家庭成员的一部分，随迁子女是子女的一部分。",
                'reason': "Who lives together is of the family; children who came along are of the children.",
                'source': "interface/survey.md A11至A14",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "survey_hours_out_of_range",
                'version': 1,
                'name_zh': "周工作超过112小时",
                'name_en': "More than 112 hours of work a week",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': "hfpc",
                'disclose_to': "bureau and area centre",
                'reason_zh': "每天16小时、每周7天为限；更多的多为把月工时填成了周工时。",
                'reason': "Sixteen hours on seven days; more are most often those of a month.",
                'source': "interface/survey.md B08; 劳动法 第三十六条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "survey_came_before_birth",
                'version': 1,
                'name_zh': "流入早于出生",
                'name_en': "Came here before being born",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': "hfpc",
                'disclose_to': "bureau and area centre",
                'reason_zh': "流入年月不能早于出生年月，也不能晚于调查日期。",
                'reason': "Nobody comes before being born, or after being asked.",
                'source': "interface/survey.md A02、A09",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "survey_rent_over_spending",
                'version': 1,
                'name_zh': "房租或食品支出超过家庭总支出",
                'name_en': "Rent or food above all that the family spends",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': "hfpc",
                'disclose_to': "bureau and area centre",
                'reason_zh': "分项不能大于合计。",
                'reason': "A part is no more than the whole.",
                'source': "interface/survey.md B11至B13",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "ended_before_begun",
                'version': 1,
                'name_zh': "结束早于开始",
                'name_en': "Ended before it began",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "注销、离开、离校、终止、结业、到期不能早于登记、流入、入学、参保、开班、起租。",
                'reason': "What is cancelled, left, finished or expired has begun before.",
                'source': "GB/T 36344-2018 一致性",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "cancelled_without_reason",
                'version': 1,
                'name_zh': "注销未填原因",
                'name_en': "Cancelled, and nobody says why",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "原因决定此人是死亡、迁出还是落户；不填则去向不明。",
                'reason': "Whether somebody died, left or settled here hangs on it.",
                'source': "户口登记条例 第八条、第十条; GA/T 2000.25",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "reason_without_cancellation",
                'version': 1,
                'name_zh': "有注销原因而无注销日期",
                'name_en': "A reason of cancellation without its date",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "没有日期，登记仍视为有效，此人会被继续计入。",
                'reason': "Without its date the registration is in force, and the person is counted on.",
                'source': "户口登记条例 第八条、第十条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "registered_home_elsewhere",
                'version': 1,
                'name_zh': "户籍人口的户籍地不在本市",
                'name_en': "In the city's household register with a home elsewhere",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "本市户口簿上的人，户籍地只能在本市。",
                'reason': "Who stands in this city's register has her registered home in it.",
                'source': "户口登记条例 第六条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "head_is_child",
                'version': 1,
                'name_zh': "户主不满16周岁",
                'name_en': "A household head under 16",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "户主为主管一户的人；儿童为户主的，除孤儿外多为关系代码填错，且须有人关心。",
                'reason': "A head is who manages the household. Orphans apart the relationship is a slip; and of an orphan somebody should know.",
                'source': "户口登记条例 第五条; 民法通则 第十一条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "married_under_age",
                'version': 1,
                'name_zh': "未到任何地方的法定婚龄而登记为已婚",
                'name_en': "Said to be married below any legal age",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "法定婚龄男22、女20周岁，自治地方变通最低男20、女18周岁；更低的必有一误。",
                'reason': "The age is 22 for men and 20 for women, in autonomous areas no less than 20 and 18; below that something is wrong.",
                'source': "婚姻法 第六条、第五十条; 内蒙古自治区执行《婚姻法》的补充规定",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "education_beyond_age",
                'version': 1,
                'name_zh': "文化程度与年龄不符",
                'name_en': "More education than the age allows",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "研究生不满18岁、大学不满15岁、高中或中职不满12岁、初中不满9岁、小学不满4岁，极少可能。",
                'reason': "A postgraduate under 18, a student under 15, senior secondary under 12, junior under 9, primary under 4.",
                'source': "义务教育法 第十一条; 学制年限，各降三岁以容跳级",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "registered_before_arrival",
                'version': 1,
                'name_zh': "登记早于来本地",
                'name_en': "Registered before arriving",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "人未到而先登记，两个日期必有一误；居住时长据此计算。",
                'reason': "Nobody is registered before she is here; how long she has stayed is worked out from these days.",
                'source': "暂住证申领办法（公安部令第25号）",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "permit_expires_before_issued",
                'version': 1,
                'name_zh': "证件有效期止早于签发",
                'name_en': "A permit that expires before it is issued",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "有效期不可能在签发前结束；持证人因此不能享受“一证通”服务。",
                'reason': "No permit ends before it begins; its holder is turned away by every service that reads it.",
                'source': "暂住证申领办法; 居住证暂行条例",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "permit_before_arrival",
                'version': 1,
                'name_zh': "签发证件早于来本地",
                'name_en': "A permit issued before the arrival",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "未到本地者不能领取居住证件。",
                'reason': "A permit is issued to who is here.",
                'source': "暂住证申领办法; 居住证暂行条例 第九条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "permit_without_number",
                'version': 1,
                'name_zh': "已签发证件而无证号",
                'name_en': "A permit issued without its number",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "没有证号，持证人无法在其他部门被核实。",
                'reason': "Without its number no other bureau can check it.",
                'source': "暂住证申领办法; 居住证暂行条例 第四条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "permit_term_too_long",
                'version': 1,
                'name_zh': "证件有效期超过五年",
                'name_en': "A permit valid for more than five years",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "暂住证一年、居住证每年签注；各地最长不过五年，更长的多为年份录错。",
                'reason': "Permits are renewed every year or so, nowhere later than after five; a longer term is a slip in the year.",
                'source': "暂住证申领办法; 居住证暂行条例 第十条; 各地实施办法",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "permit_expired_open",
                'version': 1,
                'name_zh': "证件过期一年以上仍未注销或续签",
                'name_en': "Expired over a year ago, neither cancelled nor renewed",
                'dimension': "时效性",
                'kahn': "plausibility",
                'severity': "info",
                'threshold_rate': 0.2,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "持证人可能早已离开；底数因此虚高。",
                'reason': "The holder may be gone for long, and the register counts her on.",
                'source': "暂住证申领办法; 调研报告：底数不清、情况不明",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "stay_without_place",
                'version': 1,
                'name_zh': "在住登记无居住地",
                'name_en': "A stay without a place",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "既无区划又无派出所，登记归不到任何社区。",
                'reason': "With neither division nor police station the registration belongs to no community.",
                'source': "GB/T 31000-2015 流动人口信息; PADIS 个案信息指标",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "outflow_without_destination",
                'version': 1,
                'name_zh': "流出人口无流入地",
                'name_en': "Gone away, and nobody says where",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "warn",
                'threshold_rate': 0.05,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "没有流入地就无法与对方核对，区域协作无从谈起。",
                'reason': "Without where they went no other place can be asked about them.",
                'source': "流动人口计划生育工作条例（国务院令第555号）; 调研报告：流入地与流出地双向信息对接",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "outflow_to_own_home",
                'version': 1,
                'name_zh': "流入地就是户籍地",
                'name_en': "Gone to where one is registered",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "回到户籍县区的人不是流出人口。",
                'reason': "Who is in the county of her registered home is no migrant.",
                'source': "流动人口计划生育工作条例 第二条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "migrant_at_home",
                'version': 1,
                'name_zh': "流入登记的户籍地与居住地同在一个旗县区",
                'name_en': "Registered as come from elsewhere, and at home in the same county",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "户籍地在同一旗县区的不是流动人口；计入会虚增流入。",
                'reason': "Who lives in the county of her registered home is no migrant, and counts too much as one.",
                'source': "流动人口计划生育工作条例 第二条; 居住证暂行条例 第二条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "children_implausible",
                'version': 1,
                'name_zh': "子女数不合理",
                'name_en': "An impossible number of children",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "子女超过12个，或本人不满14岁而有子女。",
                'reason': "More than a dozen, or any at all under 14.",
                'source': "PADIS 个案信息审核规则",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "inflow_not_updated",
                'version': 1,
                'name_zh': "流入个案两年未更新",
                'name_en': "An in-flow case not updated for two years",
                'dimension': "时效性",
                'kahn': "plausibility",
                'severity': "info",
                'threshold_rate': 0.2,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "个案应至少每年核实一次；两年未更新者是否在住不明。",
                'reason': "A case is to be looked at once a year; after two nobody knows whether she lives here.",
                'source': "流动人口计划生育工作条例（国务院令第555号）; 调研报告：全员流动人口信息采集、更新和动态管理",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "working_under_16",
                'version': 1,
                'name_zh': "不满16周岁而登记为务工或从业",
                'name_en': "Said to work under 16",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre; labour inspection where it proves right",
                'reason_zh': "禁止使用童工；若非录入错误，须由劳动监察核查。",
                'reason': "Child labour is forbidden; unless it is a slip it is a case for the labour inspection.",
                'source': "劳动法 第十五条; 禁止使用童工规定（国务院令第364号）第二条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "moved_away_without_destination",
                'version': 1,
                'name_zh': "核查为已搬走而无去向",
                'name_en': "Found to have moved away, nobody says where",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "info",
                'threshold_rate': 0.2,
                'threshold_count': none,
                'owner_bureau': "centre",
                'disclose_to': "bureau and area centre",
                'reason_zh': "有去向才能把此人转给新的居住地。",
                'reason': "Only with where she went can the next place be told.",
                'source': "interface/extracts.yml centre.verification",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "correction_without_text",
                'version': 1,
                'name_zh': "核查为更正而未写内容",
                'name_en': "A correction that corrects nothing",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': "centre",
                'disclose_to': "bureau and area centre",
                'reason_zh': "不写更正什么，核查等于未做。",
                'reason': "Unless it says what is to be corrected the visit was for nothing.",
                'source': "interface/extracts.yml centre.verification",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "unreachable",
                'version': 1,
                'name_zh': "既无电话又无地址",
                'name_en': "Neither phone nor address",
                'dimension': "可访问性",
                'kahn': "completeness",
                'severity': "info",
                'threshold_rate': 0.05,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "找不到人，就不能通知其应得的服务，也无法核查。",
                'reason': "Who cannot be found cannot be told of the services due to her, nor asked whether the record is right.",
                'source': "GB/T 36344-2018 可访问性; GB/T 31000-2015",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "household_with_two_heads",
                'version': 1,
                'name_zh': "一户多个户主",
                'name_en': "A household with two heads",
                'dimension': "一致性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "一户一个户主；多为两户误用一个户号，或关系代码填错。",
                'reason': "A household has one head; most often two share a key, or a relationship is wrong.",
                'source': "户口登记条例 第五条; GB/T 4761-2008",
                'model': "rule_household",
                'counted_over': {"psb.household_register": ["resident"]},
            },
            {
                'rule_id': "household_without_head",
                'version': 1,
                'name_zh': "一户没有户主",
                'name_en': "A household without a head",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "户主注销后应另立户主；否则户内关系无从说起。集体户（50人以上）除外。",
                'reason': "When a head is struck off another takes the place; relationships are to a head. Collective households are left out.",
                'source': "户口登记条例 第五条",
                'model': "rule_household",
                'counted_over': {"psb.household_register": ["resident"]},
            },
            {
                'rule_id': "household_with_two_spouses",
                'version': 1,
                'name_zh': "户主有两个配偶",
                'name_en': "A head with two spouses",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "一夫一妻；多为儿媳、女婿的关系代码填成配偶。",
                'reason': "There is one spouse; most often a child's spouse was entered as the head's.",
                'source': "婚姻法 第二条; GB/T 4761-2008",
                'model': "rule_household",
                'counted_over': {"psb.household_register": ["resident"]},
            },
            {
                'rule_id': "spouse_of_same_sex",
                'version': 1,
                'name_zh': "户主与配偶性别相同",
                'name_en': "Head and spouse of one sex",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "依现行婚姻法配偶为异性；性别或关系代码必有一误。",
                'reason': "By the law as it stands spouses are of two sexes; a sex or the relationship is wrong.",
                'source': "婚姻法 第五条; GB/T 2261.1-2003",
                'model': "rule_household",
                'counted_over': {"psb.household_register": ["resident"]},
            },
            {
                'rule_id': "generation_impossible",
                'version': 1,
                'name_zh': "子女与父母年龄相差不足12岁",
                'name_en': "Child and parent less than twelve years apart",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "户主的子女比户主小不到12岁，或父母比户主大不到12岁：出生日期或关系代码有误（继子女除外）。",
                'reason': "A birth date or the relationship is wrong, stepchildren apart.",
                'source': "GB/T 4761-2008; 妇幼卫生统计 数据审核规则",
                'model': "rule_household",
                'counted_over': {"psb.household_register": ["resident"]},
            },
            {
                'rule_id': "record_after_death",
                'version': 1,
                'name_zh': "死亡之后仍有新登记",
                'name_en': "Registered or served after death",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre; police in totals only",
                'reason_zh': "死者不会再登记、接种、参保；或冒用其身份，或两人被当成一人。",
                'reason': "The dead are not registered, vaccinated or insured; somebody uses their name, or two people are taken for one.",
                'source': "户口登记条例 第八条; 国卫规划发〔2013〕57号 人口死亡信息登记管理",
                'model': "rule_after_death",
                'counted_over': {"hfpc.death_certificate": ["deceased"], "hfpc.health_record": ["patient"], "hfpc.padis_case": ["migrant"], "psb.temporary_residence": ["resident"], "hrss.social_insurance": ["insured"], "hrss.employment": ["worker"], "hrss.training": ["trainee"], "edu.student_enrollment": ["student"], "hfpc.immunization": ["child"], "hfpc.maternal_service": ["woman"], "housing.rental_filing": ["tenant"], "housing.public_rental": ["applicant"], "civil.assistance": ["recipient"], "civil.marriage": ["husband", "wife"], "grid.household_visit": ["resident"], "hfpc.birth_certificate": ["child"]},
            },
            {
                'rule_id': "benefit_after_death",
                'version': 1,
                'name_zh': "死亡90天后待遇或登记仍未终止",
                'name_en': "Insured or assisted 90 days after death",
                'dimension': "时效性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre; police in totals only",
                'reason_zh': "应及时终止，避免冒领；家属也可能不知道要办理。",
                'reason': "It is to be ended, lest somebody else draws it; the family may not know that it has to ask.",
                'source': "社会保险法 第十四条、第五十七条; 社会救助暂行办法 第十三条",
                'model': "rule_after_death",
                'counted_over': {"civil.assistance": ["recipient"], "hrss.social_insurance": ["insured"], "hrss.employment": ["worker"]},
            },
            {
                'rule_id': "death_certified_twice",
                'version': 1,
                'name_zh': "一人两份死亡医学证明",
                'name_en': "Two certificates of one death",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "死亡只有一次；重复签发会重复统计，也可能是两人被当成一人。",
                'reason': "Nobody dies twice; a death counts double, or two people are taken for one.",
                'source': "国卫规划发〔2013〕57号 人口死亡信息登记管理",
                'model': "rule_after_death",
                'counted_over': {"hfpc.death_certificate": ["deceased"]},
            },
            {
                'rule_id': "struck_off_before_death",
                'version': 1,
                'name_zh': "户籍以死亡注销早于死亡证明的死亡日期",
                'name_en': "Struck off for a death before it",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "health and area centre; police in totals only",
                'reason_zh': "两个部门的日期必有一误，或注销的是另一个人。",
                'reason': "One of two bureaus has the day wrong, or somebody else was struck off.",
                'source': "户口登记条例 第八条",
                'model': "rule_after_death",
                'counted_over': {"psb.household_register": ["resident"]},
            },
            {
                'rule_id': "dose_out_of_order",
                'version': 1,
                'name_zh': "后一剂早于前一剂",
                'name_en': "A later dose before an earlier one",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "剂次或日期有误；按此计算的间隔和全程接种率不可信。",
                'reason': "A dose's number or day is wrong, and so are intervals and completed series.",
                'source': "预防接种工作规范; 卫疾控发〔2007〕305号",
                'model': "rule_dose_series",
                'counted_over': {"hfpc.immunization": ["child"]},
            },
            {
                'rule_id': "dose_interval_short",
                'version': 1,
                'name_zh': "两剂间隔不足24天",
                'name_en': "Two doses less than 24 days apart",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "间隔应不少于28天，提前4天以内可认可；更短的无效，须补种，或日期有误。",
                'reason': "28 days are asked for, four days less may be taken; a shorter one does not count, or the day is wrong.",
                'source': "预防接种工作规范 免疫程序",
                'model': "rule_dose_series",
                'counted_over': {"hfpc.immunization": ["child"]},
            },
            {
                'rule_id': "dose_given_twice",
                'version': 1,
                'name_zh': "同一剂次接种两次",
                'name_en': "One dose given twice",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "或剂次录错，或在两处重复接种；强化免疫不在此列。",
                'reason': "Its number is wrong, or two clinics gave it; campaigns are left out.",
                'source': "预防接种工作规范",
                'model': "rule_dose_series",
                'counted_over': {"hfpc.immunization": ["child"]},
            },
            {
                'rule_id': "phone_of_very_many",
                'version': 1,
                'name_zh': "一个电话登记给20人以上",
                'name_en': "One phone of more than twenty people",
                'dimension': "可访问性",
                'kahn': "plausibility",
                'severity': "info",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "多为经办人、房东或用人单位的电话，联系不到本人，也不能用于关联。",
                'reason': "It is a clerk's, a landlord's or an employer's; it reaches none of them and links nobody.",
                'source': "GB/T 36344-2018 可访问性",
                'model': "rule_phone_shared",
                'counted_over': "all",
            },
            {
                'rule_id': "unit_unknown",
                'version': 1,
                'name_zh': "机构代码不在机构目录中",
                'name_en': "A unit that is not in the list",
                'dimension': "一致性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "目录中没有的派出所、学校归不到任何区划，也无人可问。",
                'reason': "A police station or school that is in no list is in no division, and nobody can be asked.",
                'source': "interface/extracts.yml ref.unit; 教育部 学校（机构）代码",
                'model': "rule_unit_reference",
                'counted_over': {"psb.temporary_residence": ["resident"], "edu.student_enrollment": ["student"]},
            },
            {
                'rule_id': "unit_closed",
                'version': 1,
                'name_zh': "机构停用后仍有登记",
                'name_en': "Registered with a unit after it closed",
                'dimension': "时效性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "停用的机构不再办理业务；登记日期、机构代码或目录有误。",
                'reason': "A closed unit registers nobody; the day, the code or the list is wrong.",
                'source': "interface/extracts.yml ref.unit",
                'model': "rule_unit_reference",
                'counted_over': {"psb.temporary_residence": ["resident"], "edu.student_enrollment": ["student"]},
            },
            {
                'rule_id': "births_too_close",
                'version': 1,
                'name_zh': "一个母亲两次生育相隔不足七个月",
                'name_en': "Two births of one mother within seven months",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "双胞胎相隔不过几天，再次妊娠至少七个月；其一日期有误，或母亲填错。",
                'reason': "Twins are days apart and another pregnancy takes seven months; a day or the mother is wrong.",
                'source': "母婴保健法 第二十三条; 妇幼卫生统计 数据审核规则",
                'model': "rule_families",
                'counted_over': {"hfpc.birth_certificate": ["mother"]},
            },
            {
                'rule_id': "birth_certified_twice",
                'version': 1,
                'name_zh': "一个新生儿两份出生医学证明",
                'name_en': "Two certificates of one birth",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "出生只有一次；重复签发会重复上户，也可能是双胞胎被当成一人。",
                'reason': "Nobody is born twice; the child may be registered twice, or twins are taken for one.",
                'source': "母婴保健法 第二十三条",
                'model': "rule_families",
                'counted_over': {"hfpc.birth_certificate": ["child"]},
            },
            {
                'rule_id': "birth_not_registered",
                'version': 1,
                'name_zh': "母亲为本市户籍，出生半年未见户口登记",
                'name_en': "A birth to a mother registered here, not registered after half a year",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "info",
                'threshold_rate': 0.2,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "health and area centre; police in totals only",
                'reason_zh': "出生一个月内应申报户口；未见登记的孩子可能随父落户外地，也可能未得到应有的服务。",
                'reason': "A birth is to be registered within a month. The child may be registered where its father is, or be without.",
                'source': "户口登记条例 第七条",
                'model': "rule_families",
                'counted_over': {"hfpc.birth_certificate": ["child"]},
            },
            {
                'rule_id': "married_while_married",
                'version': 1,
                'name_zh': "未离婚又登记结婚",
                'name_en': "Married again without a divorce",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre; police in totals only",
                'reason_zh': "前次婚姻的解除可能登记在外地、由法院判决或因丧偶；否则重婚或号码有误。",
                'reason': "The first may have ended elsewhere, in court or by death; else it is bigamy, or a number is wrong.",
                'source': "婚姻法 第二条、第十条; 婚姻登记条例 第六条",
                'model': "rule_families",
                'counted_over': {"civil.marriage": ["husband", "wife"]},
            },
            {
                'rule_id': "divorced_while_divorced",
                'version': 1,
                'name_zh': "已离婚又登记离婚",
                'name_en': "Divorced again without a marriage",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre; police in totals only",
                'reason_zh': "其间的结婚可能登记在外地；否则两次登记必有一误。",
                'reason': "The marriage between may be registered elsewhere; else one of the two is wrong.",
                'source': "婚姻登记条例 第十条至第十三条",
                'model': "rule_families",
                'counted_over': {"civil.marriage": ["husband", "wife"]},
            },
            {
                'rule_id': "marital_back_to_single",
                'version': 1,
                'name_zh': "已婚之后又记为未婚",
                'name_en': "Never married after having been married",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau of the record and area centre, without naming the bureau that says otherwise; police in totals only",
                'reason_zh': "结过婚的人可以离异、丧偶，不会再成为未婚；后来的记载未核实。",
                'reason': "Who was married may be divorced or widowed, never single again; the later record was not checked.",
                'source': "GB/T 2261.2-2003; 婚姻登记条例",
                'model': "rule_statements",
                'counted_over': {"psb.household_register": ["resident"], "hfpc.padis_case": ["migrant"]},
            },
            {
                'rule_id': "arrival_conflict",
                'version': 1,
                'name_zh': "部门之间来本地日期相差一年以上",
                'name_en': "Bureaus are over a year apart on the arrival",
                'dimension': "一致性",
                'kahn': "conformance",
                'severity': "info",
                'threshold_rate': 0.1,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau of the record and area centre, without naming the bureau that says otherwise; police in totals only",
                'reason_zh': "居住时长决定能否享受服务；两处登记都有效而日期不同，应请本人核实。",
                'reason': "What she is entitled to hangs on how long she has been here; both are in force, and only she can tell.",
                'source': "GB/T 31000-2015 流动人口信息; 居住证暂行条例 第二条",
                'model': "rule_statements",
                'counted_over': {"psb.temporary_residence": ["resident"], "hfpc.padis_case": ["migrant"], "grid.household_visit": ["resident"]},
            },
            {
                'rule_id': "dwelling_conflict",
                'version': 1,
                'name_zh': "部门之间居住处所不一致",
                'name_en': "Bureaus disagree on the dwelling",
                'dimension': "一致性",
                'kahn': "conformance",
                'severity': "info",
                'threshold_rate': 0.2,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau of the record and area centre, without naming the bureau that says otherwise; police in totals only",
                'reason_zh': "同时有效的登记一处说自购、一处说租赁，住房保障无所适从；可能其一尚未更新。",
                'reason': "Of stays that go on one says owned and the other let; one of them may not have been updated.",
                'source': "GB/T 31000-2015 居住处所",
                'model': "rule_statements",
                'counted_over': {"psb.temporary_residence": ["resident"], "hfpc.padis_case": ["migrant"], "grid.household_visit": ["resident"], "housing.rental_filing": ["tenant"]},
            },
            {
                'rule_id': "name_conflict",
                'version': 1,
                'name_zh': "部门之间姓名不一致",
                'name_en': "Bureaus disagree on the name",
                'dimension': "一致性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau of the record and area centre, without naming the bureau that says otherwise; police in totals only where the record is of health, education, marriage or assistance",
                'reason_zh': "相差两个字以上而他处一致；或曾用名未更新，或两人被当成一人。",
                'reason': "Two characters or more are different where others agree; a former name, or two people taken for one.",
                'source': "居民身份证法 第四条; library/int_person__golden_record",
                'model': "rule_field_conflict",
                'counted_over': "all",
            },
            {
                'rule_id': "mother_unknown",
                'version': 1,
                'name_zh': "母亲有号码而别处均无记录",
                'name_en': "A mother with a number whom no other record knows",
                'dimension': "完整性",
                'kahn': "plausibility",
                'severity': "info",
                'threshold_rate': 0.2,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "health and area centre; police in totals only",
                'reason_zh': "或号码录错而恰好合法，或她从未被任何服务看见：都值得一问。",
                'reason': "The number is a slip that happens to be valid, or no service has ever seen her; either is worth asking.",
                'source': "调研报告：原始信息缺失; 国家基本公共卫生服务规范 孕产妇健康管理",
                'model': "rule_mother_unknown",
                'counted_over': {"hfpc.immunization": ["mother"], "hfpc.birth_certificate": ["mother"]},
            },
            {
                'rule_id': "volume_changed",
                'version': 1,
                'name_zh': "全量报送的行数突变",
                'name_en': "A whole view with many more or fewer rows",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': none,
                'threshold_count': 0,
                'owner_bureau': none,
                'disclose_to': "bureau",
                'reason_zh': "两次全量相差20%以上；暂住、PADIS、入户、租赁在2至3月，学籍在3月和9月，允许50%。漏报一个旗县区即可如此。",
                'reason': "Over a fifth from one whole view to the next; half where people come and go by the season (February, March; schools March, September). One district left out is enough.",
                'source': "国家统计局 数据质量评估; GB/T 36344-2018 一致性",
                'model': "rule_delivery_change",
                'counted_over': "all",
            },
            {
                'rule_id': "distribution_changed",
                'version': 1,
                'name_zh': "全量报送的性别或区划构成突变",
                'name_en': "A whole view with another share of sexes or districts",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': none,
                'threshold_count': 0,
                'owner_bureau': none,
                'disclose_to': "bureau",
                'reason_zh': "各类占比之差合计的一半超过10个百分点：代码表换了、列错位了，或某个区没有报。",
                'reason': "Half the sum of the differences of shares is over ten points; another list of codes, a column that slipped, a district left out.",
                'source': "国家统计局 数据质量评估; GB/T 36344-2018 一致性",
                'model': "rule_delivery_change",
                'counted_over': "all",
            },
            {
                'rule_id': "dose_before_birth",
                'version': 1,
                'name_zh': "接种早于出生",
                'name_en': "Vaccinated before being born",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "实种日期或出生日期有误，接种率和及时率因此失真。",
                'reason': "One of the two dates is wrong, and with it coverage and timeliness.",
                'source': "预防接种工作规范; 卫疾控发〔2007〕305号",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "dose_due_before_birth",
                'version': 1,
                'name_zh': "应种日期早于出生",
                'name_en': "A dose due before the birth",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "应种日期由出生日期推算，早于出生说明其一被改过。",
                'reason': "Due dates are worked out from the birth; one before it means that one of the two was changed.",
                'source': "卫疾控发〔2007〕305号 扩大国家免疫规划实施方案",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "dose_too_early",
                'version': 1,
                'name_zh': "接种比应种日期早28天以上",
                'name_en': "Vaccinated more than 28 days too early",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "过早接种无效，须补种；多数是日期录错。",
                'reason': "A dose so early does not count and has to be given again; most often the date is a slip.",
                'source': "预防接种工作规范 免疫程序",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "dose_out_of_schedule",
                'version': 1,
                'name_zh': "剂次超出该疫苗的免疫程序",
                'name_en': "A dose that the schedule does not have",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "卡介苗、麻风、甲肝各一剂，乙肝三剂，脊灰、百白破各四剂，乙脑、流脑各两剂，麻腮风最多两剂。",
                'reason': "BCG, MR, HepA have one dose; HepB three; OPV and DTaP four; JE, MenA, MenAC two; MMR two at most.",
                'source': "卫疾控发〔2007〕305号 扩大国家免疫规划实施方案 附表",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "child_vaccine_to_adult",
                'version': 1,
                'name_zh': "儿童常规免疫接种于成人",
                'name_en': "Routine childhood vaccination of an adult",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "常规免疫对象为14岁以下儿童；成人记录多为把母亲当成了儿童。",
                'reason': "Routine doses are for children under 14; an adult is most often the mother entered as the child.",
                'source': "疫苗流通和预防接种管理条例; 预防接种工作规范",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "maternal_age_impossible",
                'version': 1,
                'name_zh': "孕产服务对象不满12岁或超过60岁",
                'name_en': "Maternal service to a girl under 12 or a woman over 60",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "出生日期或号码有误，或服务记到了别人名下；如属实，须由有关部门关注。",
                'reason': "Birth date or person is wrong; if it is right, somebody has to look after her.",
                'source': "国家基本公共卫生服务规范（2011年版） 孕产妇健康管理",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "health_record_key_malformed",
                'version': 1,
                'name_zh': "健康档案编号不是17位数字",
                'name_en': "A health record's number without its 17 digits",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "编号由区划、机构和序号组成；不合规则的不能在机构间转接。",
                'reason': "The number is made of division, clinic and serial; another one cannot be handed over between clinics.",
                'source': "国家基本公共卫生服务规范（2011年版） 居民健康档案编码",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "health_record_idle",
                'version': 1,
                'name_zh': "健康档案五年未更新",
                'name_en': "A health record not updated for five years",
                'dimension': "时效性",
                'kahn': "plausibility",
                'severity': "info",
                'threshold_rate': 0.3,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "死档：建而不用的档案不算提供了服务。",
                'reason': "A record that nobody uses is no service.",
                'source': "国家基本公共卫生服务规范（2011年版） 健康档案使用率",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "birth_certified_late",
                'version': 1,
                'name_zh': "出生一年后才签发出生医学证明",
                'name_en': "A birth certified over a year later",
                'dimension': "时效性",
                'kahn': "plausibility",
                'severity': "info",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "没有出生证明的孩子办不了户口，一岁内的服务可能都没有得到。",
                'reason': "Without the certificate a child cannot be registered; it may have had none of the services of its first year.",
                'source': "母婴保健法 第二十三条; 户口登记条例 第七条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "grade_out_of_stage",
                'version': 1,
                'name_zh': "年级超出学段",
                'name_en': "A grade that the stage does not have",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "小学一至六年级；初中三年（五四制四年）或按七至九年级记；高中三年或按十至十二年级记。",
                'reason': "Primary school has grades 1 to 6; junior 3 or 4 years, or 7 to 9; senior 3, or 10 to 12.",
                'source': "义务教育法; 中小学生学籍管理办法（教基一〔2013〕7号）",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "pupil_age_not_of_grade",
                'version': 1,
                'name_zh': "学生年龄与年级相差四岁以上",
                'name_en': "A pupil's age four years off the grade",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "六周岁入学，逐年升级；相差四岁以上的，年级、学段或出生日期多半有误。",
                'reason': "School begins at six and goes up by a year; four years off it, grade, stage or birth date is wrong most often.",
                'source': "义务教育法 第十一条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "school_key_not_of_number",
                'version': 1,
                'name_zh': "学籍号与身份证件号不符",
                'name_en': "A school key that is not of the pupil's number",
                'dimension': "一致性",
                'kahn': "conformance",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "正式学籍号为G加身份证号；不符则其一有误或已变更而未重新编号。",
                'reason': "The formal key is G and the ID number; where they differ one is wrong, or it was changed and the key was not.",
                'source': "中小学生学籍管理办法（教基一〔2013〕7号）; 教育部 学籍信息代码",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "school_key_still_temporary",
                'version': 1,
                'name_zh': "已有号码而仍用临时学籍号",
                'name_en': "Still a temporary school key though the number is known",
                'dimension': "时效性",
                'kahn': "conformance",
                'severity': "info",
                'threshold_rate': 0.05,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "临时学籍号不能跨省转学；已有公民身份号码的应换发。",
                'reason': "A temporary key cannot follow a pupil to another province; who has a number should have the formal one.",
                'source': "中小学生学籍管理办法（教基一〔2013〕7号）",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "migrant_child_flag_wrong",
                'version': 1,
                'name_zh': "随迁子女标志与户籍地不符",
                'name_en': "Migrant child or not, against the registered home",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "户籍在学校所在旗县区的不是随迁子女；户籍在外省的是。",
                'reason': "Whose home is in the school's county is no migrant child; whose home is in another province is one.",
                'source': "义务教育法 第十二条; 教育统计 进城务工人员随迁子女指标",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "insured_active_but_ended",
                'version': 1,
                'name_zh': "已终止而状态仍为在保",
                'name_en': "Ended, and still said to be insured",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.01,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "状态与终止日期矛盾，参保人数重复计算。",
                'reason': "State and date contradict each other, and the insured are counted too many.",
                'source': "社会保险法 第五十八条; 社会保险登记管理暂行办法",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "insured_not_paid_for",
                'version': 1,
                'name_zh': "在保而两年未缴费",
                'name_en': "Said to be insured, unpaid for two years",
                'dimension': "时效性",
                'kahn': "plausibility",
                'severity': "info",
                'threshold_rate': 0.1,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "断缴者实际没有待遇，却被计为已参保。",
                'reason': "Who has not paid has no benefits, and is counted as covered.",
                'source': "社会保险法 第六十条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "paid_before_insured",
                'version': 1,
                'name_zh': "缴费截止早于参保",
                'name_en': "Paid up to a month before enrolment",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "参保前不会缴费；多为换险种时日期未改。",
                'reason': "Nobody pays before enrolling; most often one of the dates is of an earlier scheme.",
                'source': "社会保险法 第五十八条、第六十条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "paid_far_ahead",
                'version': 1,
                'name_zh': "缴费截止在两年以后",
                'name_en': "Paid up to more than two years ahead",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "保费按月或按年缴，最多预缴一年多；更远的多为年份录错。",
                'reason': "Dues are paid by month or year; more than two years ahead is a slip in the year.",
                'source': "社会保险法 第六十条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "worker_scheme_under_16",
                'version': 1,
                'name_zh': "不满16周岁参加职工保险",
                'name_en': "In a workers' scheme under 16",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre; labour inspection where it proves right",
                'reason_zh': "职工养老、失业、工伤、生育保险以劳动关系为前提，不满16周岁不得有劳动关系。",
                'reason': "Workers' pension, unemployment, injury and maternity schemes go with work, which is forbidden under 16.",
                'source': "劳动法 第十五条; 社会保险法",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "worker_scheme_beyond_pension",
                'version': 1,
                'name_zh': "超过70岁仍参加失业、工伤或生育保险",
                'name_en': "In an unemployment, injury or maternity scheme over 70",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "退休后不再参加；多半是退休时未办理终止。",
                'reason': "These end with retirement; most often nobody ended them.",
                'source': "国发〔1978〕104号; 社会保险法",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "worker_scheme_without_employer",
                'version': 1,
                'name_zh': "失业、工伤、生育保险无单位",
                'name_en': "An employer's scheme without an employer",
                'dimension': "完整性",
                'kahn': "completeness",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "这三种保险由用人单位办理；无单位则无从核查和催缴。",
                'reason': "It is the employer who enrols; without one nobody can be asked.",
                'source': "社会保险法 第三十三条、第四十四条、第五十三条、第五十八条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "unemployed_with_industry",
                'version': 1,
                'name_zh': "登记失业而填有从业行业",
                'name_en': "Registered as unemployed with an industry",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "info",
                'threshold_rate': 0.05,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "失业登记不应有现行业；可能是就业后未更新登记类型。",
                'reason': "Who is out of work is in no industry now; the kind of registration may be out of date.",
                'source': "就业服务与就业管理规定 第六十一条至第六十五条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "unemployed_beyond_pension",
                'version': 1,
                'name_zh': "超过60岁登记失业",
                'name_en': "Registered as unemployed over 60",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "失业登记限法定劳动年龄内；超龄登记的失业率分子有误。",
                'reason': "Unemployment is registered within working age; beyond it the rate counts too many.",
                'source': "就业服务与就业管理规定 第六十三条; 国发〔1978〕104号",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "certified_before_finished",
                'version': 1,
                'name_zh': "未结业而鉴定合格",
                'name_en': "Certified without finishing",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "鉴定在结业之后；据此领取补贴的应核查。",
                'reason': "The test comes after the course; a subsidy for it should be looked at.",
                'source': "财社〔2011〕64号 职业培训补贴",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "course_longer_than_two_years",
                'version': 1,
                'name_zh': "培训超过两年",
                'name_en': "A course of more than two years",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "补贴性职业培训以月计；超过两年的多为年份录错。",
                'reason': "Subsidised courses are counted in months; over two years is a slip in the year.",
                'source': "财社〔2011〕64号 职业培训补贴",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "subsidy_implausible",
                'version': 1,
                'name_zh': "培训补贴超过2万元",
                'name_en': "A training subsidy of more than 20,000 yuan",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "一次培训补贴一般为数百至数千元；更高的多为小数点错位。",
                'reason': "One course is subsidised with hundreds or a few thousand; more is a slip of the decimal point.",
                'source': "财社〔2011〕64号 职业培训补贴; 各地补贴标准",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "rent_implausible",
                'version': 1,
                'name_zh': "月租金为零或超过10万元",
                'name_en': "A monthly rent of nothing or over 100,000 yuan",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "备案的是有偿租赁；零租金或天价租金多为漏填或单位错误。",
                'reason': "What is filed is let for money; nothing, or a fortune, is a slip or another unit.",
                'source': "商品房屋租赁管理办法（住房和城乡建设部令第6号）第七条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "lease_over_20_years",
                'version': 1,
                'name_zh': "租期超过二十年",
                'name_en': "A lease of more than twenty years",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.002,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "租赁期限不得超过二十年，超过部分无效。",
                'reason': "No lease is valid beyond twenty years.",
                'source': "合同法 第二百一十四条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "allotment_not_of_state",
                'version': 1,
                'name_zh': "公租房状态与配租日期不符",
                'name_en': "A state that the allotment contradicts",
                'dimension': "一致性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.02,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "已配租须有配租日期；申请、轮候中不应有。",
                'reason': "Who was allotted a flat was so on a day; who applies or waits was not.",
                'source': "公共租赁住房管理办法（住房和城乡建设部令第11号）",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "household_size_implausible",
                'version': 1,
                'name_zh': "家庭人口为零或超过15人",
                'name_en': "A household of nobody or of more than fifteen",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "家庭人口决定配租面积；申请人自己也算一人。",
                'reason': "The size of the flat hangs on it, and who applies is one.",
                'source': "公共租赁住房管理办法（住房和城乡建设部令第11号）; 第六次全国人口普查 家庭户规模",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "public_rental_applicant_minor",
                'version': 1,
                'name_zh': "公租房申请人未成年",
                'name_en': "An applicant for public housing under 18",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "申请人应具有完全民事行为能力。",
                'reason': "An applicant has to be of age.",
                'source': "公共租赁住房管理办法（住房和城乡建设部令第11号）; 民法通则 第十一条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "marriage_under_age",
                'version': 1,
                'name_zh': "结婚登记时未到法定婚龄",
                'name_en': "Married below the legal age",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "登记机关不得为未达婚龄者登记：男22、女20周岁，自治地方变通最低男20、女18周岁，此处按变通的最低年龄。",
                'reason': "No office may register it. The age is 22 for men and 20 for women, in autonomous areas no less than 20 and 18, which is what is asked here.",
                'source': "婚姻法 第六条、第五十条; 婚姻登记条例 第六条; 内蒙古自治区执行《婚姻法》的补充规定",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "marriage_kind_unknown",
                'version': 1,
                'name_zh': "婚姻登记类型不是结婚或离婚",
                'name_en': "Neither a marriage nor a divorce",
                'dimension': "规范性",
                'kahn': "conformance",
                'severity': "error",
                'threshold_rate': 0.001,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "类型不明则不知此后是已婚还是离婚。",
                'reason': "Otherwise nobody knows whether the two are married after it.",
                'source': "婚姻登记条例 第二条; interface/extracts.yml civil.marriage",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "assistance_amount_implausible",
                'version': 1,
                'name_zh': "月救助金额为零或超过2万元",
                'name_en': "Assistance of nothing or over 20,000 yuan a month",
                'dimension': "准确性",
                'kahn': "plausibility",
                'severity': "warn",
                'threshold_rate': 0.005,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "低保、特困供养每月数百至数千元；医疗、临时救助一次可高，不在此列。",
                'reason': "Minimum living allowance and support are hundreds or a few thousand a month; medical and temporary aid may be more and is left out.",
                'source': "社会救助暂行办法（国务院令第649号）第十三条、第十五条",
                'model': "rule_on_records",
                'counted_over': "records",
            },
            {
                'rule_id': "temporary_aid_open",
                'version': 1,
                'name_zh': "临时救助一年以上未终止",
                'name_en': "Temporary aid open for over a year",
                'dimension': "时效性",
                'kahn': "plausibility",
                'severity': "info",
                'threshold_rate': 0.1,
                'threshold_count': none,
                'owner_bureau': none,
                'disclose_to': "bureau and area centre",
                'reason_zh': "临时救助是一次性或短期的；长期未终止多为未录终止日期。",
                'reason': "It is given once or for a short time; an open one was never closed on paper.",
                'source': "社会救助暂行办法 第九章; 国发〔2014〕47号",
                'model': "rule_on_records",
                'counted_over': "records",
            },
        ])
    }}
{% endmacro %}

{% macro record_checks() %}
    {%- set checks = [] -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "centre.verification", "role": "resident", "discriminator": "checked_on", "about_zh": "：核查日期", "about_en": ": checked_on", "field": "checked_on"},
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "started_on", "about_zh": "：起始日期", "about_en": ": started_on", "field": "started_on"},
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "ended_on", "about_zh": "：终止日期", "about_en": ": ended_on", "field": "ended_on"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "registered_on", "about_zh": "：登记日期", "about_en": ": registered_on", "field": "registered_on"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "husband_birth_date", "about_zh": "：男方出生日期", "about_en": ": husband_birth_date", "field": "husband_birth_date"},
        {"dataset": "civil.marriage", "role": "wife", "discriminator": "wife_birth_date", "about_zh": "：女方出生日期", "about_en": ": wife_birth_date", "field": "wife_birth_date"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "enrolled_on", "about_zh": "：入学日期", "about_en": ": enrolled_on", "field": "enrolled_on"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "left_on", "about_zh": "：离校日期", "about_en": ": left_on", "field": "left_on"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "arrived_on", "about_zh": "：来本地日期", "about_en": ": arrived_on", "field": "arrived_on"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "collected_on", "about_zh": "：采集日期", "about_en": ": collected_on", "field": "collected_on"},
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "issued_on", "about_zh": "：签发日期", "about_en": ": issued_on", "field": "issued_on"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "died_on", "about_zh": "：死亡日期", "about_en": ": died_on", "field": "died_on"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "created_on", "about_zh": "：建档日期", "about_en": ": created_on", "field": "created_on"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "updated_on", "about_zh": "：更新日期", "about_en": ": updated_on", "field": "updated_on"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "due_on", "about_zh": "：应种日期", "about_en": ": due_on", "field": "due_on"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "given_on", "about_zh": "：实种日期", "about_en": ": given_on", "field": "given_on"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "served_on", "about_zh": "：服务日期", "about_en": ": served_on", "field": "served_on"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "moved_on", "about_zh": "：流动日期", "about_en": ": moved_on", "field": "moved_on"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "left_on", "about_zh": "：离开日期", "about_en": ": left_on", "field": "left_on"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "updated_on", "about_zh": "：更新日期", "about_en": ": updated_on", "field": "updated_on"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "applied_on", "about_zh": "：申请日期", "about_en": ": applied_on", "field": "applied_on"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "allotted_on", "about_zh": "：配租日期", "about_en": ": allotted_on", "field": "allotted_on"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "started_on", "about_zh": "：起租日期", "about_en": ": started_on", "field": "started_on"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "ended_on", "about_zh": "：到期日期", "about_en": ": ended_on", "field": "ended_on"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "registered_on", "about_zh": "：登记日期", "about_en": ": registered_on", "field": "registered_on"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "ended_on", "about_zh": "：注销日期", "about_en": ": ended_on", "field": "ended_on"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "enrolled_on", "about_zh": "：参保日期", "about_en": ": enrolled_on", "field": "enrolled_on"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "paid_to", "about_zh": "：缴费截止年月", "about_en": ": paid_to", "field": "paid_to"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "ended_on", "about_zh": "：终止日期", "about_en": ": ended_on", "field": "ended_on"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "started_on", "about_zh": "：开班日期", "about_en": ": started_on", "field": "started_on"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "finished_on", "about_zh": "：结业日期", "about_en": ": finished_on", "field": "finished_on"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "registered_on", "about_zh": "：登记日期", "about_en": ": registered_on", "field": "registered_on"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "moved_in_on", "about_zh": "：何时迁来", "about_en": ": moved_in_on", "field": "moved_in_on"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "cancelled_on", "about_zh": "：注销日期", "about_en": ": cancelled_on", "field": "cancelled_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "arrived_on", "about_zh": "：来本地日期", "about_en": ": arrived_on", "field": "arrived_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "registered_on", "about_zh": "：登记日期", "about_en": ": registered_on", "field": "registered_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "permit_issued_on", "about_zh": "：签发日期", "about_en": ": permit_issued_on", "field": "permit_issued_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "permit_valid_to", "about_zh": "：居住证有效期至", "about_en": ": permit_valid_to", "field": "permit_valid_to"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "cancelled_on", "about_zh": "：注销日期", "about_en": ": cancelled_on", "field": "cancelled_on"},
        {"dataset": "ref.unit", "role": none, "discriminator": "opened_on", "about_zh": "：启用日期", "about_en": ": opened_on", "field": "opened_on"},
        {"dataset": "ref.unit", "role": none, "discriminator": "closed_on", "about_zh": "：停用日期", "about_en": ": closed_on", "field": "closed_on"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "surveyed_on", "about_zh": "：调查日期", "about_en": ": surveyed_on", "field": "surveyed_on"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a02", "about_zh": "：A02", "about_en": ": a02", "field": "a02"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a09", "about_zh": "：A09", "about_en": ": a09", "field": "a09"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d01", "about_zh": "：D01", "about_en": ": d01", "field": "d01"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d03", "about_zh": "：D03", "about_en": ": d03", "field": "d03"},
    ] -%}
        {%- set field = each.field -%}
        {%- set applies -%}{{ field }}_status <> 'missing' or ({{ field }}_status = 'missing' and {{ trimmed(field ~ '_raw') }} is not null){%- endset -%}
        {%- set fails -%}{{ field }}_status = 'unreadable' or ({{ field }}_status = 'missing' and {{ trimmed(field ~ '_raw') }} is not null){%- endset -%}
        {%- set may_fail -%}{{ field }}_status = 'unreadable' or ({{ field }}_status = 'missing' and {{ trimmed(field ~ '_raw') }} is not null){%- endset -%}
        {%- do checks.append(dict(each, rule_id='date_unreadable', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="日期无法识别或日历中没有" ~ each.about_zh, detail_en="A date that cannot be read or that the calendar does not have" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "centre.verification", "role": "resident", "discriminator": "checked_on", "about_zh": "：核查日期", "about_en": ": checked_on", "field": "checked_on"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "registered_on", "about_zh": "：登记日期", "about_en": ": registered_on", "field": "registered_on"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "husband_birth_date", "about_zh": "：男方出生日期", "about_en": ": husband_birth_date", "field": "husband_birth_date"},
        {"dataset": "civil.marriage", "role": "wife", "discriminator": "wife_birth_date", "about_zh": "：女方出生日期", "about_en": ": wife_birth_date", "field": "wife_birth_date"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "enrolled_on", "about_zh": "：入学日期", "about_en": ": enrolled_on", "field": "enrolled_on"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "left_on", "about_zh": "：离校日期", "about_en": ": left_on", "field": "left_on"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "arrived_on", "about_zh": "：来本地日期", "about_en": ": arrived_on", "field": "arrived_on"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "collected_on", "about_zh": "：采集日期", "about_en": ": collected_on", "field": "collected_on"},
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "issued_on", "about_zh": "：签发日期", "about_en": ": issued_on", "field": "issued_on"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "died_on", "about_zh": "：死亡日期", "about_en": ": died_on", "field": "died_on"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "created_on", "about_zh": "：建档日期", "about_en": ": created_on", "field": "created_on"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "updated_on", "about_zh": "：更新日期", "about_en": ": updated_on", "field": "updated_on"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "given_on", "about_zh": "：实种日期", "about_en": ": given_on", "field": "given_on"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "served_on", "about_zh": "：服务日期", "about_en": ": served_on", "field": "served_on"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "moved_on", "about_zh": "：流动日期", "about_en": ": moved_on", "field": "moved_on"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "left_on", "about_zh": "：离开日期", "about_en": ": left_on", "field": "left_on"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "updated_on", "about_zh": "：更新日期", "about_en": ": updated_on", "field": "updated_on"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "applied_on", "about_zh": "：申请日期", "about_en": ": applied_on", "field": "applied_on"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "allotted_on", "about_zh": "：配租日期", "about_en": ": allotted_on", "field": "allotted_on"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "registered_on", "about_zh": "：登记日期", "about_en": ": registered_on", "field": "registered_on"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "enrolled_on", "about_zh": "：参保日期", "about_en": ": enrolled_on", "field": "enrolled_on"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "registered_on", "about_zh": "：登记日期", "about_en": ": registered_on", "field": "registered_on"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "moved_in_on", "about_zh": "：何时迁来", "about_en": ": moved_in_on", "field": "moved_in_on"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "cancelled_on", "about_zh": "：注销日期", "about_en": ": cancelled_on", "field": "cancelled_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "arrived_on", "about_zh": "：来本地日期", "about_en": ": arrived_on", "field": "arrived_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "registered_on", "about_zh": "：登记日期", "about_en": ": registered_on", "field": "registered_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "permit_issued_on", "about_zh": "：签发日期", "about_en": ": permit_issued_on", "field": "permit_issued_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "cancelled_on", "about_zh": "：注销日期", "about_en": ": cancelled_on", "field": "cancelled_on"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "surveyed_on", "about_zh": "：调查日期", "about_en": ": surveyed_on", "field": "surveyed_on"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a02", "about_zh": "：A02", "about_en": ": a02", "field": "a02"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a09", "about_zh": "：A09", "about_en": ": a09", "field": "a09"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d01", "about_zh": "：D01", "about_en": ": d01", "field": "d01"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d03", "about_zh": "：D03", "about_en": ": d03", "field": "d03"},
    ] -%}
        {%- set field = each.field -%}
        {%- set applies -%}{{ field }} is not null{%- endset -%}
        {%- set fails -%}{{ field }} > delivered_on{%- endset -%}
        {%- set may_fail -%}{{ field }} > first_delivered_on{%- endset -%}
        {%- do checks.append(dict(each, rule_id='date_in_future', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="日期晚于报送日期" ~ each.about_zh, detail_en="A date after the delivery that says it" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "centre.verification", "role": "resident", "discriminator": "checked_on", "about_zh": "：核查日期", "about_en": ": checked_on", "field": "checked_on"},
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "started_on", "about_zh": "：起始日期", "about_en": ": started_on", "field": "started_on"},
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "ended_on", "about_zh": "：终止日期", "about_en": ": ended_on", "field": "ended_on"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "registered_on", "about_zh": "：登记日期", "about_en": ": registered_on", "field": "registered_on"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "husband_birth_date", "about_zh": "：男方出生日期", "about_en": ": husband_birth_date", "field": "husband_birth_date"},
        {"dataset": "civil.marriage", "role": "wife", "discriminator": "wife_birth_date", "about_zh": "：女方出生日期", "about_en": ": wife_birth_date", "field": "wife_birth_date"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "enrolled_on", "about_zh": "：入学日期", "about_en": ": enrolled_on", "field": "enrolled_on"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "left_on", "about_zh": "：离校日期", "about_en": ": left_on", "field": "left_on"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "arrived_on", "about_zh": "：来本地日期", "about_en": ": arrived_on", "field": "arrived_on"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "collected_on", "about_zh": "：采集日期", "about_en": ": collected_on", "field": "collected_on"},
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "issued_on", "about_zh": "：签发日期", "about_en": ": issued_on", "field": "issued_on"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "died_on", "about_zh": "：死亡日期", "about_en": ": died_on", "field": "died_on"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "created_on", "about_zh": "：建档日期", "about_en": ": created_on", "field": "created_on"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "updated_on", "about_zh": "：更新日期", "about_en": ": updated_on", "field": "updated_on"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "due_on", "about_zh": "：应种日期", "about_en": ": due_on", "field": "due_on"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "given_on", "about_zh": "：实种日期", "about_en": ": given_on", "field": "given_on"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "served_on", "about_zh": "：服务日期", "about_en": ": served_on", "field": "served_on"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "moved_on", "about_zh": "：流动日期", "about_en": ": moved_on", "field": "moved_on"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "left_on", "about_zh": "：离开日期", "about_en": ": left_on", "field": "left_on"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "updated_on", "about_zh": "：更新日期", "about_en": ": updated_on", "field": "updated_on"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "applied_on", "about_zh": "：申请日期", "about_en": ": applied_on", "field": "applied_on"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "allotted_on", "about_zh": "：配租日期", "about_en": ": allotted_on", "field": "allotted_on"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "started_on", "about_zh": "：起租日期", "about_en": ": started_on", "field": "started_on"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "ended_on", "about_zh": "：到期日期", "about_en": ": ended_on", "field": "ended_on"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "registered_on", "about_zh": "：登记日期", "about_en": ": registered_on", "field": "registered_on"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "ended_on", "about_zh": "：注销日期", "about_en": ": ended_on", "field": "ended_on"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "enrolled_on", "about_zh": "：参保日期", "about_en": ": enrolled_on", "field": "enrolled_on"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "paid_to", "about_zh": "：缴费截止年月", "about_en": ": paid_to", "field": "paid_to"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "ended_on", "about_zh": "：终止日期", "about_en": ": ended_on", "field": "ended_on"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "started_on", "about_zh": "：开班日期", "about_en": ": started_on", "field": "started_on"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "finished_on", "about_zh": "：结业日期", "about_en": ": finished_on", "field": "finished_on"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "registered_on", "about_zh": "：登记日期", "about_en": ": registered_on", "field": "registered_on"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "moved_in_on", "about_zh": "：何时迁来", "about_en": ": moved_in_on", "field": "moved_in_on"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "cancelled_on", "about_zh": "：注销日期", "about_en": ": cancelled_on", "field": "cancelled_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "birth_date", "about_zh": "：出生日期", "about_en": ": birth_date", "field": "birth_date"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "arrived_on", "about_zh": "：来本地日期", "about_en": ": arrived_on", "field": "arrived_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "registered_on", "about_zh": "：登记日期", "about_en": ": registered_on", "field": "registered_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "permit_issued_on", "about_zh": "：签发日期", "about_en": ": permit_issued_on", "field": "permit_issued_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "permit_valid_to", "about_zh": "：居住证有效期至", "about_en": ": permit_valid_to", "field": "permit_valid_to"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "cancelled_on", "about_zh": "：注销日期", "about_en": ": cancelled_on", "field": "cancelled_on"},
        {"dataset": "ref.unit", "role": none, "discriminator": "opened_on", "about_zh": "：启用日期", "about_en": ": opened_on", "field": "opened_on"},
        {"dataset": "ref.unit", "role": none, "discriminator": "closed_on", "about_zh": "：停用日期", "about_en": ": closed_on", "field": "closed_on"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "surveyed_on", "about_zh": "：调查日期", "about_en": ": surveyed_on", "field": "surveyed_on"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a02", "about_zh": "：A02", "about_en": ": a02", "field": "a02"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a09", "about_zh": "：A09", "about_en": ": a09", "field": "a09"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d01", "about_zh": "：D01", "about_en": ": d01", "field": "d01"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d03", "about_zh": "：D03", "about_en": ": d03", "field": "d03"},
    ] -%}
        {%- set field = each.field -%}
        {%- set applies -%}{{ field }} is not null{%- endset -%}
        {%- set fails -%}{{ field }} < cast('1900-01-01' as date){%- endset -%}
        {%- set may_fail -%}{{ field }} < cast('1900-01-01' as date){%- endset -%}
        {%- do checks.append(dict(each, rule_id='date_before_1900', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="日期早于1900年" ~ each.about_zh, detail_en="A date before 1900" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "sex", "about_zh": "：性别", "about_en": ": sex", "field": "sex"},
        {"dataset": "centre.verification", "role": "resident", "discriminator": "verification", "about_zh": "：核查结果", "about_en": ": verification", "field": "verification"},
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "assistance", "about_zh": "：救助类型", "about_en": ": assistance", "field": "assistance"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "kind", "about_zh": "：登记类型", "about_en": ": kind", "field": "kind"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "sex", "about_zh": "：性别", "about_en": ": sex", "field": "sex"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "ethnicity", "about_zh": "：民族", "about_en": ": ethnicity", "field": "ethnicity"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "school_kind", "about_zh": "：办学类型", "about_en": ": school_kind", "field": "school_kind"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "stage", "about_zh": "：学段", "about_en": ": stage", "field": "stage"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "is_migrant_child", "about_zh": "：随迁子女", "about_en": ": is_migrant_child", "field": "is_migrant_child"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "funding_service", "about_zh": "：服务项目", "about_en": ": funding_service", "field": "funding_service"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "beneficiary", "about_zh": "：受益对象", "about_en": ": beneficiary", "field": "beneficiary"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "fund_source", "about_zh": "：资金来源", "about_en": ": fund_source", "field": "fund_source"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "sex", "about_zh": "：性别", "about_en": ": sex", "field": "sex"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "relationship", "about_zh": "：与户主关系", "about_en": ": relationship", "field": "relationship"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "dwelling", "about_zh": "：居住处所", "about_en": ": dwelling", "field": "dwelling"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "flow_reason", "about_zh": "：流动原因", "about_en": ": flow_reason", "field": "flow_reason"},
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "sex", "about_zh": "：性别", "about_en": ": sex", "field": "sex"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "sex", "about_zh": "：性别", "about_en": ": sex", "field": "sex"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "sex", "about_zh": "：性别", "about_en": ": sex", "field": "sex"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "ethnicity", "about_zh": "：民族", "about_en": ": ethnicity", "field": "ethnicity"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "is_registered", "about_zh": "：户籍标志", "about_en": ": is_registered", "field": "is_registered"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "sex", "about_zh": "：性别", "about_en": ": sex", "field": "sex"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "vaccination_kind", "about_zh": "：接种类型", "about_en": ": vaccination_kind", "field": "vaccination_kind"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "vaccine", "about_zh": "：疫苗代码", "about_en": ": vaccine", "field": "vaccine"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "service", "about_zh": "：服务项目", "about_en": ": service", "field": "service"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "flow", "about_zh": "：流向", "about_en": ": flow", "field": "flow"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "sex", "about_zh": "：性别", "about_en": ": sex", "field": "sex"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "ethnicity", "about_zh": "：民族", "about_en": ": ethnicity", "field": "ethnicity"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "marital", "about_zh": "：婚姻状况", "about_en": ": marital", "field": "marital"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "flow_reason", "about_zh": "：流动原因", "about_en": ": flow_reason", "field": "flow_reason"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "dwelling", "about_zh": "：居住处所", "about_en": ": dwelling", "field": "dwelling"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "industry", "about_zh": "：从业行业", "about_en": ": industry", "field": "industry"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "kind", "about_zh": "：保障方式", "about_en": ": kind", "field": "kind"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "status", "about_zh": "：状态", "about_en": ": status", "field": "status"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "sex", "about_zh": "：性别", "about_en": ": sex", "field": "sex"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "employment", "about_zh": "：登记类型", "about_en": ": employment", "field": "employment"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "industry", "about_zh": "：行业", "about_en": ": industry", "field": "industry"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "sex", "about_zh": "：性别", "about_en": ": sex", "field": "sex"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "insurance", "about_zh": "：险种", "about_en": ": insurance", "field": "insurance"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "active", "about_zh": "：参保状态", "about_en": ": active", "field": "active"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "certified", "about_zh": "：鉴定合格", "about_en": ": certified", "field": "certified"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "sex", "about_zh": "：性别", "about_en": ": sex", "field": "sex"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "ethnicity", "about_zh": "：民族", "about_en": ": ethnicity", "field": "ethnicity"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "relationship", "about_zh": "：与户主关系", "about_en": ": relationship", "field": "relationship"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "marital", "about_zh": "：婚姻状况", "about_en": ": marital", "field": "marital"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "education", "about_zh": "：文化程度", "about_en": ": education", "field": "education"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "hukou_type", "about_zh": "：户口性质", "about_en": ": hukou_type", "field": "hukou_type"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "cancel_reason", "about_zh": "：注销原因", "about_en": ": cancel_reason", "field": "cancel_reason"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "sex", "about_zh": "：性别", "about_en": ": sex", "field": "sex"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "ethnicity", "about_zh": "：民族", "about_en": ": ethnicity", "field": "ethnicity"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "dwelling", "about_zh": "：居住处所", "about_en": ": dwelling", "field": "dwelling"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "stay_reason", "about_zh": "：暂住事由", "about_en": ": stay_reason", "field": "stay_reason"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "relationship", "about_zh": "：与户主关系", "about_en": ": relationship", "field": "relationship"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "permit_kind", "about_zh": "：证件种类", "about_en": ": permit_kind", "field": "permit_kind"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "cancel_reason", "about_zh": "：注销原因", "about_en": ": cancel_reason", "field": "cancel_reason"},
        {"dataset": "ref.unit", "role": none, "discriminator": "unit_kind", "about_zh": "：机构类别", "about_en": ": unit_kind", "field": "unit_kind"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "stratum", "about_zh": "：层", "about_en": ": stratum", "field": "stratum"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a01", "about_zh": "：A01", "about_en": ": a01", "field": "a01"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a03", "about_zh": "：A03", "about_en": ": a03", "field": "a03"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a04", "about_zh": "：A04", "about_en": ": a04", "field": "a04"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a05", "about_zh": "：A05", "about_en": ": a05", "field": "a05"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a06", "about_zh": "：A06", "about_en": ": a06", "field": "a06"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a08", "about_zh": "：A08", "about_en": ": a08", "field": "a08"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a10", "about_zh": "：A10", "about_en": ": a10", "field": "a10"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b01", "about_zh": "：B01", "about_en": ": b01", "field": "b01"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b02", "about_zh": "：B02", "about_en": ": b02", "field": "b02"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b03", "about_zh": "：B03", "about_en": ": b03", "field": "b03"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b04", "about_zh": "：B04", "about_en": ": b04", "field": "b04"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b05", "about_zh": "：B05", "about_en": ": b05", "field": "b05"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b06", "about_zh": "：B06", "about_en": ": b06", "field": "b06"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b07", "about_zh": "：B07", "about_en": ": b07", "field": "b07"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b15", "about_zh": "：B15", "about_en": ": b15", "field": "b15"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b17", "about_zh": "：B17", "about_en": ": b17", "field": "b17"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b18", "about_zh": "：B18", "about_en": ": b18", "field": "b18"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b19", "about_zh": "：B19", "about_en": ": b19", "field": "b19"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c01", "about_zh": "：C01", "about_en": ": c01", "field": "c01"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c03", "about_zh": "：C03", "about_en": ": c03", "field": "c03"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c04", "about_zh": "：C04", "about_en": ": c04", "field": "c04"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c05", "about_zh": "：C05", "about_en": ": c05", "field": "c05"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c06", "about_zh": "：C06", "about_en": ": c06", "field": "c06"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c07", "about_zh": "：C07", "about_en": ": c07", "field": "c07"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c08", "about_zh": "：C08", "about_en": ": c08", "field": "c08"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c09", "about_zh": "：C09", "about_en": ": c09", "field": "c09"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c10", "about_zh": "：C10", "about_en": ": c10", "field": "c10"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c11", "about_zh": "：C11", "about_en": ": c11", "field": "c11"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c12", "about_zh": "：C12", "about_en": ": c12", "field": "c12"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c13", "about_zh": "：C13", "about_en": ": c13", "field": "c13"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c14", "about_zh": "：C14", "about_en": ": c14", "field": "c14"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c15", "about_zh": "：C15", "about_en": ": c15", "field": "c15"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c16", "about_zh": "：C16", "about_en": ": c16", "field": "c16"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c17", "about_zh": "：C17", "about_en": ": c17", "field": "c17"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c18", "about_zh": "：C18", "about_en": ": c18", "field": "c18"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d04", "about_zh": "：D04", "about_en": ": d04", "field": "d04"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d05", "about_zh": "：D05", "about_en": ": d05", "field": "d05"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d07", "about_zh": "：D07", "about_en": ": d07", "field": "d07"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d08", "about_zh": "：D08", "about_en": ": d08", "field": "d08"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d09", "about_zh": "：D09", "about_en": ": d09", "field": "d09"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d10", "about_zh": "：D10", "about_en": ": d10", "field": "d10"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d12", "about_zh": "：D12", "about_en": ": d12", "field": "d12"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d13", "about_zh": "：D13", "about_en": ": d13", "field": "d13"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d14", "about_zh": "：D14", "about_en": ": d14", "field": "d14"},
    ] -%}
        {%- set field = each.field -%}
        {%- set applies -%}{{ field }}_status <> 'missing' or ({{ field }}_status = 'missing' and {{ trimmed(field ~ '_raw') }} is not null){%- endset -%}
        {%- set fails -%}{{ field }}_status = 'unknown_code' or ({{ field }}_status = 'missing' and {{ trimmed(field ~ '_raw') }} is not null){%- endset -%}
        {%- set may_fail -%}{{ field }}_status = 'unknown_code' or ({{ field }}_status = 'missing' and {{ trimmed(field ~ '_raw') }} is not null){%- endset -%}
        {%- do checks.append(dict(each, rule_id='code_unknown', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="代码不在代码表中" ~ each.about_zh, detail_en="A code outside its list" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "line_no", "about_zh": "：序号", "about_en": ": line_no", "field": "line_no"},
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "monthly_yuan", "about_zh": "：月救助金额", "about_en": ": monthly_yuan", "field": "monthly_yuan"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "grade", "about_zh": "：年级", "about_en": ": grade", "field": "grade"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "year", "about_zh": "：年度", "about_en": ": year", "field": "year"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "standard_yuan", "about_zh": "：人均标准元", "about_en": ": standard_yuan", "field": "standard_yuan"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "due_10k_yuan", "about_zh": "：应拨万元", "about_en": ": due_10k_yuan", "field": "due_10k_yuan"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "budget_10k_yuan", "about_zh": "：预算万元", "about_en": ": budget_10k_yuan", "field": "budget_10k_yuan"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "allocated_10k_yuan", "about_zh": "：拨付万元", "about_en": ": allocated_10k_yuan", "field": "allocated_10k_yuan"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "spent_10k_yuan", "about_zh": "：决算万元", "about_en": ": spent_10k_yuan", "field": "spent_10k_yuan"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "dose", "about_zh": "：剂次", "about_en": ": dose", "field": "dose"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "children", "about_zh": "：子女数", "about_en": ": children", "field": "children"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "household_size", "about_zh": "：家庭人口", "about_en": ": household_size", "field": "household_size"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "rent_yuan", "about_zh": "：月租金", "about_en": ": rent_yuan", "field": "rent_yuan"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "subsidy_yuan", "about_zh": "：补贴金额", "about_en": ": subsidy_yuan", "field": "subsidy_yuan"},
        {"dataset": "ref.unit", "role": none, "discriminator": "capacity", "about_zh": "：服务容量", "about_en": ": capacity", "field": "capacity"},
        {"dataset": "ref.unit", "role": none, "discriminator": "staff", "about_zh": "：工作人员", "about_en": ": staff", "field": "staff"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "weight", "about_zh": "：权数", "about_en": ": weight", "field": "weight"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a11", "about_zh": "：A11", "about_en": ": a11", "field": "a11"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a12", "about_zh": "：A12", "about_en": ": a12", "field": "a12"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a13", "about_zh": "：A13", "about_en": ": a13", "field": "a13"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a14", "about_zh": "：A14", "about_en": ": a14", "field": "a14"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a15", "about_zh": "：A15", "about_en": ": a15", "field": "a15"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a16", "about_zh": "：A16", "about_en": ": a16", "field": "a16"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b08", "about_zh": "：B08", "about_en": ": b08", "field": "b08"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b09", "about_zh": "：B09", "about_en": ": b09", "field": "b09"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b10", "about_zh": "：B10", "about_en": ": b10", "field": "b10"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b11", "about_zh": "：B11", "about_en": ": b11", "field": "b11"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b12", "about_zh": "：B12", "about_en": ": b12", "field": "b12"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b13", "about_zh": "：B13", "about_en": ": b13", "field": "b13"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b14", "about_zh": "：B14", "about_en": ": b14", "field": "b14"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "b16", "about_zh": "：B16", "about_en": ": b16", "field": "b16"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "c02", "about_zh": "：C02", "about_en": ": c02", "field": "c02"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d02", "about_zh": "：D02", "about_en": ": d02", "field": "d02"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d06", "about_zh": "：D06", "about_en": ": d06", "field": "d06"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "d11", "about_zh": "：D11", "about_en": ": d11", "field": "d11"},
    ] -%}
        {%- set field = each.field -%}
        {%- set applies -%}{{ field }}_status <> 'missing' or ({{ field }}_status = 'missing' and {{ trimmed(field ~ '_raw') }} is not null){%- endset -%}
        {%- set fails -%}{{ field }}_status = 'unreadable' or ({{ field }}_status = 'missing' and {{ trimmed(field ~ '_raw') }} is not null){%- endset -%}
        {%- set may_fail -%}{{ field }}_status = 'unreadable' or ({{ field }}_status = 'missing' and {{ trimmed(field ~ '_raw') }} is not null){%- endset -%}
        {%- do checks.append(dict(each, rule_id='number_unreadable', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="数值无法识别" ~ each.about_zh, detail_en="A number that cannot be read" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "division", "about_zh": "：区划", "about_en": ": division", "field": "division"},
        {"dataset": "centre.verification", "role": "resident", "discriminator": "destination", "about_zh": "：去向区划", "about_en": ": destination", "field": "destination"},
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "division", "about_zh": "：现住址区划", "about_en": ": division", "field": "division"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "division", "about_zh": "：登记机关区划", "about_en": ": division", "field": "division"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "division", "about_zh": "：学校区划", "about_en": ": division", "field": "division"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "hukou_division", "about_zh": "：户籍地区划", "about_en": ": hukou_division", "field": "hukou_division"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "transferred_from", "about_zh": "：转入地区划", "about_en": ": transferred_from", "field": "transferred_from"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "transferred_to", "about_zh": "：转出地区划", "about_en": ": transferred_to", "field": "transferred_to"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "division", "about_zh": "：区划", "about_en": ": division", "field": "division"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "hukou_division", "about_zh": "：户籍地区划", "about_en": ": hukou_division", "field": "hukou_division"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "division", "about_zh": "：现住址区划", "about_en": ": division", "field": "division"},
        {"dataset": "hfpc.birth_certificate", "role": "mother", "discriminator": "mother_hukou_division", "about_zh": "：母亲户籍地区划", "about_en": ": mother_hukou_division", "field": "mother_hukou_division"},
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "division", "about_zh": "：现住址区划", "about_en": ": division", "field": "division"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "hukou_division", "about_zh": "：户籍地区划", "about_en": ": hukou_division", "field": "hukou_division"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "division", "about_zh": "：现住址区划", "about_en": ": division", "field": "division"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "division", "about_zh": "：现住址区划", "about_en": ": division", "field": "division"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "division", "about_zh": "：现住址区划", "about_en": ": division", "field": "division"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "division", "about_zh": "：现住址区划", "about_en": ": division", "field": "division"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "hukou_division", "about_zh": "：户籍地区划", "about_en": ": hukou_division", "field": "hukou_division"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "division", "about_zh": "：现居住地区划", "about_en": ": division", "field": "division"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "destination", "about_zh": "：流入地区划", "about_en": ": destination", "field": "destination"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "division", "about_zh": "：现住址区划", "about_en": ": division", "field": "division"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "division", "about_zh": "：房屋区划", "about_en": ": division", "field": "division"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "division", "about_zh": "：常住区划", "about_en": ": division", "field": "division"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "division", "about_zh": "：单位区划", "about_en": ": division", "field": "division"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "division", "about_zh": "：常住区划", "about_en": ": division", "field": "division"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "hukou_division", "about_zh": "：户籍地区划", "about_en": ": hukou_division", "field": "hukou_division"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "moved_from_division", "about_zh": "：何地迁来", "about_en": ": moved_from_division", "field": "moved_from_division"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "hukou_division", "about_zh": "：户籍地区划", "about_en": ": hukou_division", "field": "hukou_division"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "division", "about_zh": "：暂住地区划", "about_en": ": division", "field": "division"},
        {"dataset": "ref.unit", "role": none, "discriminator": "division", "about_zh": "：所在区划", "about_en": ": division", "field": "division"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "division", "about_zh": "：区划", "about_en": ": division", "field": "division"},
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "a07", "about_zh": "：A07", "about_en": ": a07", "field": "a07"},
    ] -%}
        {%- set field = each.field -%}
        {%- set applies -%}{{ field }}_status <> 'missing'{%- endset -%}
        {%- set fails -%}{{ field }}_status = 'superseded'{%- endset -%}
        {%- set may_fail -%}{{ field }}_status = 'superseded'{%- endset -%}
        {%- do checks.append(dict(each, rule_id='division_superseded', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="使用已撤销的区划代码" ~ each.about_zh, detail_en="A division code that has been superseded" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "phone", "about_zh": "：监护人电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "phone", "about_zh": "：承租人电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
    ] -%}
        {%- set field = each.field -%}
        {%- set applies -%}{{ field }}_raw is not null{%- endset -%}
        {%- set fails -%}{{ field }} is null{%- endset -%}
        {%- set may_fail -%}{{ field }} is null{%- endset -%}
        {%- do checks.append(dict(each, rule_id='phone_malformed', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="电话号码格式错误" ~ each.about_zh, detail_en="Not a phone number" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "phone", "about_zh": "：监护人电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "phone", "about_zh": "：承租人电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
    ] -%}
        {%- set field = each.field -%}
        {%- set applies -%}length({{ field }}) = 11 and substr({{ field }}, 1, 1) = '1'{%- endset -%}
        {%- set fails -%}substr({{ field }}, 1, 2) in ('10', '11', '12'){%- endset -%}
        {%- set may_fail -%}substr({{ field }}, 1, 2) in ('10', '11', '12'){%- endset -%}
        {%- do checks.append(dict(each, rule_id='phone_not_assigned', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="手机号段不存在" ~ each.about_zh, detail_en="A mobile number of no assigned range" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "phone", "about_zh": "：监护人电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "phone", "about_zh": "：承租人电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "phone", "about_zh": "：联系电话", "about_en": ": phone", "field": "phone"},
    ] -%}
        {%- set field = each.field -%}
        {%- set applies -%}{{ field }} is not null{%- endset -%}
        {%- set fails -%}{{ field }} = '13800138000' or length(replace({{ field }}, substr({{ field }}, 2, 1), '')) <= 1 and length({{ field }}) >= 7{%- endset -%}
        {%- set may_fail -%}{{ field }} = '13800138000' or length(replace({{ field }}, substr({{ field }}, 2, 1), '')) <= 1 and length({{ field }}) >= 7{%- endset -%}
        {%- do checks.append(dict(each, rule_id='phone_placeholder', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="电话号码为占位号码" ~ each.about_zh, detail_en="A phone number that stands for none" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "line_no", "about_zh": "：序号", "about_en": ": line_no", "field": "line_no"},
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "monthly_yuan", "about_zh": "：月救助金额", "about_en": ": monthly_yuan", "field": "monthly_yuan"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "grade", "about_zh": "：年级", "about_en": ": grade", "field": "grade"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "year", "about_zh": "：年度", "about_en": ": year", "field": "year"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "standard_yuan", "about_zh": "：人均标准元", "about_en": ": standard_yuan", "field": "standard_yuan"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "due_10k_yuan", "about_zh": "：应拨万元", "about_en": ": due_10k_yuan", "field": "due_10k_yuan"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "budget_10k_yuan", "about_zh": "：预算万元", "about_en": ": budget_10k_yuan", "field": "budget_10k_yuan"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "allocated_10k_yuan", "about_zh": "：拨付万元", "about_en": ": allocated_10k_yuan", "field": "allocated_10k_yuan"},
        {"dataset": "finance.service_funding", "role": none, "discriminator": "spent_10k_yuan", "about_zh": "：决算万元", "about_en": ": spent_10k_yuan", "field": "spent_10k_yuan"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "dose", "about_zh": "：剂次", "about_en": ": dose", "field": "dose"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "children", "about_zh": "：子女数", "about_en": ": children", "field": "children"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "household_size", "about_zh": "：家庭人口", "about_en": ": household_size", "field": "household_size"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "rent_yuan", "about_zh": "：月租金", "about_en": ": rent_yuan", "field": "rent_yuan"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "subsidy_yuan", "about_zh": "：补贴金额", "about_en": ": subsidy_yuan", "field": "subsidy_yuan"},
        {"dataset": "ref.unit", "role": none, "discriminator": "capacity", "about_zh": "：服务容量", "about_en": ": capacity", "field": "capacity"},
        {"dataset": "ref.unit", "role": none, "discriminator": "staff", "about_zh": "：工作人员", "about_en": ": staff", "field": "staff"},
    ] -%}
        {%- set field = each.field -%}
        {%- set applies -%}{{ field }} is not null{%- endset -%}
        {%- set fails -%}{{ field }} < 0{%- endset -%}
        {%- set may_fail -%}{{ field }} < 0{%- endset -%}
        {%- do checks.append(dict(each, rule_id='amount_negative', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="金额或数量为负" ~ each.about_zh, detail_en="A negative amount or count" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "birth_date": "birth_date"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "husband_id_number", "birth_date": "husband_birth_date"},
        {"dataset": "civil.marriage", "role": "wife", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "wife_id_number", "birth_date": "wife_birth_date"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "birth_date": "birth_date"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "birth_date": "birth_date"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "birth_date": "birth_date"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "birth_date": "birth_date"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "birth_date": "birth_date"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "birth_date": "birth_date"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "birth_date": "birth_date"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "birth_date": "birth_date"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "birth_date": "birth_date"},
    ] -%}
        {%- set id_number = each.id_number -%}
        {%- set birth_date = each.birth_date -%}
        {%- set applies -%}{{ id_number }} is not null and {{ birth_date }} is not null{%- endset -%}
        {%- set fails -%}{{ number_ymd(id_number) }} <> {{ ymd(birth_date) }}{%- endset -%}
        {%- set may_fail -%}{{ number_ymd(id_number) }} <> {{ ymd(birth_date) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='birth_not_of_number', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="出生日期与公民身份号码不符" ~ each.about_zh, detail_en="Birth date other than the number says" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "sex": "sex"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "sex": "sex"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "sex": "sex"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "sex": "sex"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "sex": "sex"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "sex": "sex"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "sex": "sex"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "sex": "sex"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "sex": "sex"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "sex": "sex"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number", "sex": "sex"},
    ] -%}
        {%- set id_number = each.id_number -%}
        {%- set sex = each.sex -%}
        {%- set applies -%}{{ id_number }} is not null and {{ sex }} in ('1', '2'){%- endset -%}
        {%- set fails -%}({{ sex }} = '1') <> ({{ number_is_of_man(id_number) }}){%- endset -%}
        {%- set may_fail -%}({{ sex }} = '1') <> ({{ number_is_of_man(id_number) }}){%- endset -%}
        {%- do checks.append(dict(each, rule_id='sex_not_of_number', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="性别与公民身份号码不符" ~ each.about_zh, detail_en="Sex other than the number says" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "civil.marriage", "role": "wife", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "wife_id_number"},
        {"dataset": "hfpc.birth_certificate", "role": "mother", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "mother_id_number"},
        {"dataset": "hfpc.immunization", "role": "mother", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "mother_id_number"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
    ] -%}
        {%- set id_number = each.id_number -%}
        {%- set applies -%}{{ id_number }} is not null{%- endset -%}
        {%- set fails -%}{{ number_is_of_man(id_number) }}{%- endset -%}
        {%- set may_fail -%}{{ number_is_of_man(id_number) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='woman_with_mans_number', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="母亲、妻子或孕产妇的号码属男性" ~ each.about_zh, detail_en="A man's number for a mother, wife or pregnant woman" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "husband_id_number"},
        {"dataset": "hfpc.birth_certificate", "role": "father", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "father_id_number"},
    ] -%}
        {%- set id_number = each.id_number -%}
        {%- set applies -%}{{ id_number }} is not null{%- endset -%}
        {%- set fails -%}not ({{ number_is_of_man(id_number) }}){%- endset -%}
        {%- set may_fail -%}not ({{ number_is_of_man(id_number) }}){%- endset -%}
        {%- do checks.append(dict(each, rule_id='man_with_womans_number', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="父亲或丈夫的号码属女性" ~ each.about_zh, detail_en="A woman's number for a father or husband" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "husband_id_number"},
        {"dataset": "civil.marriage", "role": "wife", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "wife_id_number"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "edu.student_enrollment", "role": "guardian", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "guardian_id_number"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hfpc.birth_certificate", "role": "mother", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "mother_id_number"},
        {"dataset": "hfpc.birth_certificate", "role": "father", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "father_id_number"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hfpc.immunization", "role": "mother", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "mother_id_number"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
    ] -%}
        {%- set id_number = each.id_number -%}
        {%- set applies -%}{{ id_number }} is not null{%- endset -%}
        {%- set fails -%}{{ number_ymd(id_number) }} > {{ ymd('delivered_on') }}{%- endset -%}
        {%- set may_fail -%}{{ number_ymd(id_number) }} > {{ ymd('first_delivered_on') }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='number_born_in_future', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="号码中的出生日期晚于报送日期" ~ each.about_zh, detail_en="A number that says a birth after the delivery" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "birth_date": "birth_date"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "", "about_zh": "", "about_en": "", "birth_date": "husband_birth_date"},
        {"dataset": "civil.marriage", "role": "wife", "discriminator": "", "about_zh": "", "about_en": "", "birth_date": "wife_birth_date"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": "", "birth_date": "birth_date"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "birth_date": "birth_date"},
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "birth_date": "birth_date"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "", "about_zh": "", "about_en": "", "birth_date": "birth_date"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "birth_date": "birth_date"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "", "about_zh": "", "about_en": "", "birth_date": "birth_date"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "birth_date": "birth_date"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "birth_date": "birth_date"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "birth_date": "birth_date"},
    ] -%}
        {%- set birth_date = each.birth_date -%}
        {%- set applies -%}{{ birth_date }} is not null{%- endset -%}
        {%- set fails -%}{{ is_older(ymd(birth_date), 'as_of', 120) }}{%- endset -%}
        {%- set may_fail -%}{{ is_older(ymd(birth_date), 'as_of', 120) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='age_over_120', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="年龄超过120岁" ~ each.about_zh, detail_en="Older than 120 years" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "husband_id_number"},
        {"dataset": "civil.marriage", "role": "wife", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "wife_id_number"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "edu.student_enrollment", "role": "guardian", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "guardian_id_number"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hfpc.birth_certificate", "role": "mother", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "mother_id_number"},
        {"dataset": "hfpc.birth_certificate", "role": "father", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "father_id_number"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hfpc.immunization", "role": "mother", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "mother_id_number"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "id_number": "id_number"},
    ] -%}
        {%- set id_number = each.id_number -%}
        {%- set applies -%}{{ id_number }} is not null and as_of >= cast('2013-01-01' as date){%- endset -%}
        {%- set fails -%}{{ id_number }}_status = 'upgraded_15'{%- endset -%}
        {%- set may_fail -%}{{ id_number }}_status = 'upgraded_15'{%- endset -%}
        {%- do checks.append(dict(each, rule_id='id_first_generation', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="仍使用15位旧号码" ~ each.about_zh, detail_en="A number of the first generation, 15 places" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "sex": "sex"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": "", "sex": "sex"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "sex": "sex"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "", "about_zh": "", "about_en": "", "sex": "sex"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "", "about_zh": "", "about_en": "", "sex": "sex"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "sex": "sex"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "sex": "sex"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "", "about_zh": "", "about_en": "", "sex": "sex"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": "", "sex": "sex"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "sex": "sex"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "sex": "sex"},
    ] -%}
        {%- set sex = each.sex -%}
        {%- set applies -%}{{ sex }} is not null{%- endset -%}
        {%- set fails -%}{{ sex }} in ('0', '9'){%- endset -%}
        {%- set may_fail -%}{{ sex }} in ('0', '9'){%- endset -%}
        {%- do checks.append(dict(each, rule_id='sex_not_stated', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="性别填为未知或未说明" ~ each.about_zh, detail_en="Sex unknown or not stated" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "", "about_zh": "", "about_en": "", "name": "husband_name"},
        {"dataset": "civil.marriage", "role": "wife", "discriminator": "", "about_zh": "", "about_en": "", "name": "wife_name"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "edu.student_enrollment", "role": "guardian", "discriminator": "", "about_zh": "", "about_en": "", "name": "guardian_name"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.birth_certificate", "role": "mother", "discriminator": "", "about_zh": "", "about_en": "", "name": "mother_name"},
        {"dataset": "hfpc.birth_certificate", "role": "father", "discriminator": "", "about_zh": "", "about_en": "", "name": "father_name"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.immunization", "role": "mother", "discriminator": "", "about_zh": "", "about_en": "", "name": "mother_name"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
    ] -%}
        {%- set name = each.name -%}
        {%- set applies -%}{{ name }}_norm is not null{%- endset -%}
        {%- set fails -%}{{ any_match(name ~ '_norm', '[0-9]') }}{%- endset -%}
        {%- set may_fail -%}{{ any_match(name ~ '_norm', '[0-9]') }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='name_has_digits', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="姓名含有数字" ~ each.about_zh, detail_en="A name with digits" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "", "about_zh": "", "about_en": "", "name": "husband_name"},
        {"dataset": "civil.marriage", "role": "wife", "discriminator": "", "about_zh": "", "about_en": "", "name": "wife_name"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "edu.student_enrollment", "role": "guardian", "discriminator": "", "about_zh": "", "about_en": "", "name": "guardian_name"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.birth_certificate", "role": "mother", "discriminator": "", "about_zh": "", "about_en": "", "name": "mother_name"},
        {"dataset": "hfpc.birth_certificate", "role": "father", "discriminator": "", "about_zh": "", "about_en": "", "name": "father_name"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.immunization", "role": "mother", "discriminator": "", "about_zh": "", "about_en": "", "name": "mother_name"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
    ] -%}
        {%- set name = each.name -%}
        {%- set applies -%}{{ name }} is not null{%- endset -%}
        {%- set fails -%}{{ name }}_norm is null or {{ any_match(name ~ '_norm', '测试|不详|无名|未知|未详|某某|某氏|不明|佚名|待定|[?？]|^(XX+|某)$') }}{%- endset -%}
        {%- set may_fail -%}{{ name }}_norm is null or {{ any_match(name ~ '_norm', '测试|不详|无名|未知|未详|某某|某氏|不明|佚名|待定|[?？]|^(XX+|某)$') }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='name_placeholder', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="姓名为占位文字" ~ each.about_zh, detail_en="A name that stands for none" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "", "about_zh": "", "about_en": "", "name": "husband_name"},
        {"dataset": "civil.marriage", "role": "wife", "discriminator": "", "about_zh": "", "about_en": "", "name": "wife_name"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "edu.student_enrollment", "role": "guardian", "discriminator": "", "about_zh": "", "about_en": "", "name": "guardian_name"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.birth_certificate", "role": "mother", "discriminator": "", "about_zh": "", "about_en": "", "name": "mother_name"},
        {"dataset": "hfpc.birth_certificate", "role": "father", "discriminator": "", "about_zh": "", "about_en": "", "name": "father_name"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.immunization", "role": "mother", "discriminator": "", "about_zh": "", "about_en": "", "name": "mother_name"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name"},
    ] -%}
        {%- set name = each.name -%}
        {%- set applies -%}{{ name }}_norm is not null{%- endset -%}
        {%- set fails -%}length({{ name }}_norm) = 1{%- endset -%}
        {%- set may_fail -%}length({{ name }}_norm) = 1{%- endset -%}
        {%- do checks.append(dict(each, rule_id='name_of_one_character', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="姓名只有一个字" ~ each.about_zh, detail_en="A name of one character" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name", "birth_date": "birth_date"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "", "about_zh": "", "about_en": "", "name": "husband_name", "birth_date": "husband_birth_date"},
        {"dataset": "civil.marriage", "role": "wife", "discriminator": "", "about_zh": "", "about_en": "", "name": "wife_name", "birth_date": "wife_birth_date"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": "", "name": "name", "birth_date": "birth_date"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name", "birth_date": "birth_date"},
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "name": "name", "birth_date": "birth_date"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "", "about_zh": "", "about_en": "", "name": "name", "birth_date": "birth_date"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "", "about_zh": "", "about_en": "", "name": "name", "birth_date": "birth_date"},
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "name": "name", "birth_date": "birth_date"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "", "about_zh": "", "about_en": "", "name": "name", "birth_date": "birth_date"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "name": "name", "birth_date": "birth_date"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name", "birth_date": "birth_date"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "name": "name", "birth_date": "birth_date"},
    ] -%}
        {%- set name = each.name -%}
        {%- set birth_date = each.birth_date -%}
        {%- set applies -%}{{ name }}_norm is not null and {{ birth_date }} < {{ years_ago('as_of', 1) }}{%- endset -%}
        {%- set fails -%}{{ any_match(name ~ '_norm', '之子$|之女$|之婴$|^婴儿|宝宝$') }}{%- endset -%}
        {%- set may_fail -%}{{ any_match(name ~ '_norm', '之子$|之女$|之婴$|^婴儿|宝宝$') }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='name_of_newborn_kept', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="一岁以上仍用“某某之子/女”" ~ each.about_zh, detail_en="Still named as somebody's child after a year" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "checked_on", "about_zh": "：核查日期", "about_en": ": checked_on", "field": "checked_on"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "enrolled_on", "about_zh": "：入学日期", "about_en": ": enrolled_on", "field": "enrolled_on"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "left_on", "about_zh": "：离校日期", "about_en": ": left_on", "field": "left_on"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "arrived_on", "about_zh": "：来本地日期", "about_en": ": arrived_on", "field": "arrived_on"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "collected_on", "about_zh": "：采集日期", "about_en": ": collected_on", "field": "collected_on"},
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "issued_on", "about_zh": "：签发日期", "about_en": ": issued_on", "field": "issued_on"},
        {"dataset": "hfpc.death_certificate", "role": "deceased", "discriminator": "died_on", "about_zh": "：死亡日期", "about_en": ": died_on", "field": "died_on"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "created_on", "about_zh": "：建档日期", "about_en": ": created_on", "field": "created_on"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "updated_on", "about_zh": "：更新日期", "about_en": ": updated_on", "field": "updated_on"},
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "served_on", "about_zh": "：服务日期", "about_en": ": served_on", "field": "served_on"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "moved_on", "about_zh": "：流动日期", "about_en": ": moved_on", "field": "moved_on"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "left_on", "about_zh": "：离开日期", "about_en": ": left_on", "field": "left_on"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "updated_on", "about_zh": "：更新日期", "about_en": ": updated_on", "field": "updated_on"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "registered_on", "about_zh": "：登记日期", "about_en": ": registered_on", "field": "registered_on"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "moved_in_on", "about_zh": "：何时迁来", "about_en": ": moved_in_on", "field": "moved_in_on"},
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "cancelled_on", "about_zh": "：注销日期", "about_en": ": cancelled_on", "field": "cancelled_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "arrived_on", "about_zh": "：来本地日期", "about_en": ": arrived_on", "field": "arrived_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "registered_on", "about_zh": "：登记日期", "about_en": ": registered_on", "field": "registered_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "permit_issued_on", "about_zh": "：签发日期", "about_en": ": permit_issued_on", "field": "permit_issued_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "cancelled_on", "about_zh": "：注销日期", "about_en": ": cancelled_on", "field": "cancelled_on"},
    ] -%}
        {%- set field = each.field -%}
        {%- set applies -%}birth_date is not null and {{ field }} is not null{%- endset -%}
        {%- set fails -%}{{ field }} < birth_date{%- endset -%}
        {%- set may_fail -%}{{ field }} < birth_date{%- endset -%}
        {%- do checks.append(dict(each, rule_id='event_before_birth', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="登记或服务早于出生" ~ each.about_zh, detail_en="Registered or served before being born" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.immunization", "role": "mother", "discriminator": "", "about_zh": "", "about_en": ""},
        {"dataset": "hfpc.birth_certificate", "role": "mother", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}mother_id_number is not null and birth_date is not null{%- endset -%}
        {%- set fails -%}{{ is_younger(number_ymd('mother_id_number'), 'birth_date', 12) }} or {{ is_older(number_ymd('mother_id_number'), 'birth_date', 60) }}{%- endset -%}
        {%- set may_fail -%}{{ is_younger(number_ymd('mother_id_number'), 'birth_date', 12) }} or {{ is_older(number_ymd('mother_id_number'), 'birth_date', 60) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='mother_too_young_or_old', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="母亲生育时不满12岁或超过60岁" ~ each.about_zh, detail_en="A mother under 12 or over 60 at the birth" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.birth_certificate", "role": "father", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}father_id_number is not null and birth_date is not null{%- endset -%}
        {%- set fails -%}{{ is_younger(number_ymd('father_id_number'), 'birth_date', 12) }}{%- endset -%}
        {%- set may_fail -%}{{ is_younger(number_ymd('father_id_number'), 'birth_date', 12) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='father_too_young', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="父亲不满12岁" ~ each.about_zh, detail_en="A father under 12 at the birth" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "edu.student_enrollment", "role": "guardian", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}guardian_id_number is not null{%- endset -%}
        {%- set fails -%}{{ is_younger(number_ymd('guardian_id_number'), 'as_of', 18) }}{%- endset -%}
        {%- set may_fail -%}{{ is_younger(number_ymd('guardian_id_number'), 'as_of', 18) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='guardian_too_young', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="监护人未成年" ~ each.about_zh, detail_en="A guardian who is a minor" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "one": "id_number", "other": "mother_id_number"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": "", "one": "id_number", "other": "guardian_id_number"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "", "about_zh": "", "about_en": "", "one": "husband_id_number", "other": "wife_id_number"},
        {"dataset": "hfpc.birth_certificate", "role": "mother", "discriminator": "", "about_zh": "", "about_en": "", "one": "mother_id_number", "other": "father_id_number"},
    ] -%}
        {%- set one = each.one -%}
        {%- set other = each.other -%}
        {%- set applies -%}{{ one }} is not null and {{ other }} is not null{%- endset -%}
        {%- set fails -%}{{ one }} = {{ other }}{%- endset -%}
        {%- set may_fail -%}{{ one }} = {{ other }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='number_shared_in_record', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="一条记录中两人同号" ~ each.about_zh, detail_en="Two people in one record with one number" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": "", "one": "name_norm", "other": "mother_name_norm"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": "", "one": "name_norm", "other": "guardian_name_norm"},
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "", "about_zh": "", "about_en": "", "one": "husband_name_norm", "other": "wife_name_norm"},
        {"dataset": "hfpc.birth_certificate", "role": "mother", "discriminator": "", "about_zh": "", "about_en": "", "one": "mother_name_norm", "other": "father_name_norm"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "", "about_zh": "", "about_en": "", "one": "name", "other": "landlord_name"},
    ] -%}
        {%- set one = each.one -%}
        {%- set other = each.other -%}
        {%- set applies -%}{{ one }} is not null and {{ other }} is not null{%- endset -%}
        {%- set fails -%}{{ one }} = {{ other }}{%- endset -%}
        {%- set may_fail -%}{{ one }} = {{ other }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='name_shared_in_record', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="一条记录中两人同名" ~ each.about_zh, detail_en="Two people in one record with one name" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "ref.unit", "role": none, "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}staff is not null and closed_on_status = 'missing'{%- endset -%}
        {%- set fails -%}staff = 0{%- endset -%}
        {%- set may_fail -%}staff = 0{%- endset -%}
        {%- do checks.append(dict(each, rule_id='unit_without_staff', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="在用机构无工作人员" ~ each.about_zh, detail_en="A unit in use without staff" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "ref.unit", "role": none, "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}capacity is not null and closed_on_status = 'missing'{%- endset -%}
        {%- set fails -%}capacity = 0 or capacity > 1000000{%- endset -%}
        {%- set may_fail -%}capacity = 0 or capacity > 1000000{%- endset -%}
        {%- do checks.append(dict(each, rule_id='unit_capacity_implausible', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="机构服务容量为零或超过百万" ~ each.about_zh, detail_en="A unit's capacity of nothing or over a million" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "finance.service_funding", "role": none, "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}spent_10k_yuan is not null and allocated_10k_yuan is not null{%- endset -%}
        {%- set fails -%}spent_10k_yuan > 1.05 * allocated_10k_yuan{%- endset -%}
        {%- set may_fail -%}spent_10k_yuan > 1.05 * allocated_10k_yuan{%- endset -%}
        {%- do checks.append(dict(each, rule_id='spent_over_allocated', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="决算超过拨付" ~ each.about_zh, detail_en="Spent more than was allocated" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "finance.service_funding", "role": none, "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}budget_10k_yuan > 0 and allocated_10k_yuan is not null{%- endset -%}
        {%- set fails -%}allocated_10k_yuan > 2 * budget_10k_yuan{%- endset -%}
        {%- set may_fail -%}allocated_10k_yuan > 2 * budget_10k_yuan{%- endset -%}
        {%- do checks.append(dict(each, rule_id='allocated_over_budget', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="拨付超过预算一倍" ~ each.about_zh, detail_en="Allocated more than twice the budget" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "finance.service_funding", "role": none, "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}{{ adapter.quote('year') }} is not null{%- endset -%}
        {%- set fails -%}{{ adapter.quote('year') }} < 1994 or {{ adapter.quote('year') }} > year(as_of) + 1{%- endset -%}
        {%- set may_fail -%}{{ adapter.quote('year') }} < 1994 or {{ adapter.quote('year') }} > year(as_of) + 1{%- endset -%}
        {%- do checks.append(dict(each, rule_id='funding_year_implausible', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="经费年度不合理" ~ each.about_zh, detail_en="A year of funding that cannot be" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "finance.service_funding", "role": none, "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}beneficiary is not null{%- endset -%}
        {%- set fails -%}beneficiary = '9'{%- endset -%}
        {%- set may_fail -%}beneficiary = '9'{%- endset -%}
        {%- do checks.append(dict(each, rule_id='funding_beneficiary_undivided', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="经费未区分户籍与流动人口" ~ each.about_zh, detail_en="Funds that do not say for whom" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}a02 is not null and surveyed_on is not null{%- endset -%}
        {%- set fails -%}{{ is_younger(ymd('a02'), 'surveyed_on', 14) }} or {{ is_older(ymd('a02'), 'surveyed_on', 60) }}{%- endset -%}
        {%- set may_fail -%}{{ is_younger(ymd('a02'), 'surveyed_on', 14) }} or {{ is_older(ymd('a02'), 'surveyed_on', 60) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='survey_age_out_of_range', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="调查对象不在15至59岁" ~ each.about_zh, detail_en="A respondent outside 15 to 59" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}weight_status <> 'missing'{%- endset -%}
        {%- set fails -%}coalesce(weight, 0) <= 0{%- endset -%}
        {%- set may_fail -%}coalesce(weight, 0) <= 0{%- endset -%}
        {%- do checks.append(dict(each, rule_id='survey_weight_implausible', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="调查权数为零或为负" ~ each.about_zh, detail_en="A survey weight of nothing or less" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}a11 is not null and a12 is not null or a13 is not null and a14 is not null{%- endset -%}
        {%- set fails -%}a12 > a11 or a14 > a13{%- endset -%}
        {%- set may_fail -%}a12 > a11 or a14 > a13{%- endset -%}
        {%- do checks.append(dict(each, rule_id='survey_household_contradicts', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="同住或随迁人数多于家庭人数" ~ each.about_zh, detail_en="More living together than there are" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}b08 is not null{%- endset -%}
        {%- set fails -%}b08 < 0 or b08 > 112{%- endset -%}
        {%- set may_fail -%}b08 < 0 or b08 > 112{%- endset -%}
        {%- do checks.append(dict(each, rule_id='survey_hours_out_of_range', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="周工作超过112小时" ~ each.about_zh, detail_en="More than 112 hours of work a week" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}a02 is not null and a09 is not null{%- endset -%}
        {%- set fails -%}a09 < a02 or a09 > surveyed_on{%- endset -%}
        {%- set may_fail -%}a09 < a02 or a09 > surveyed_on{%- endset -%}
        {%- do checks.append(dict(each, rule_id='survey_came_before_birth', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="流入早于出生" ~ each.about_zh, detail_en="Came here before being born" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "survey.dynamic_monitoring", "role": none, "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}b11 is not null and (b12 is not null or b13 is not null){%- endset -%}
        {%- set fails -%}b12 > b11 or b13 > b11{%- endset -%}
        {%- set may_fail -%}b12 > b11 or b13 > b11{%- endset -%}
        {%- do checks.append(dict(each, rule_id='survey_rent_over_spending', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="房租或食品支出超过家庭总支出" ~ each.about_zh, detail_en="Rent or food above all that the family spends" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "begun": "registered_on", "ended": "cancelled_on"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "begun": "registered_on", "ended": "cancelled_on"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "begun": "moved_on", "ended": "left_on"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "", "about_zh": "", "about_en": "", "begun": "created_on", "ended": "updated_on"},
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": "", "begun": "enrolled_on", "ended": "left_on"},
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": "", "begun": "enrolled_on", "ended": "ended_on"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "", "about_zh": "", "about_en": "", "begun": "registered_on", "ended": "ended_on"},
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "", "about_zh": "", "about_en": "", "begun": "started_on", "ended": "finished_on"},
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "", "about_zh": "", "about_en": "", "begun": "started_on", "ended": "ended_on"},
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "", "about_zh": "", "about_en": "", "begun": "applied_on", "ended": "allotted_on"},
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "", "about_zh": "", "about_en": "", "begun": "started_on", "ended": "ended_on"},
        {"dataset": "ref.unit", "role": none, "discriminator": "", "about_zh": "", "about_en": "", "begun": "opened_on", "ended": "closed_on"},
    ] -%}
        {%- set begun = each.begun -%}
        {%- set ended = each.ended -%}
        {%- set applies -%}{{ begun }} is not null and {{ ended }} is not null{%- endset -%}
        {%- set fails -%}{{ ended }} < {{ begun }}{%- endset -%}
        {%- set may_fail -%}{{ ended }} < {{ begun }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='ended_before_begun', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="结束早于开始" ~ each.about_zh, detail_en="Ended before it began" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}cancelled_on is not null{%- endset -%}
        {%- set fails -%}cancel_reason_status = 'missing'{%- endset -%}
        {%- set may_fail -%}cancel_reason_status = 'missing'{%- endset -%}
        {%- do checks.append(dict(each, rule_id='cancelled_without_reason', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="注销未填原因" ~ each.about_zh, detail_en="Cancelled, and nobody says why" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}cancel_reason is not null{%- endset -%}
        {%- set fails -%}cancelled_on_status = 'missing'{%- endset -%}
        {%- set may_fail -%}cancelled_on_status = 'missing'{%- endset -%}
        {%- do checks.append(dict(each, rule_id='reason_without_cancellation', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="有注销原因而无注销日期" ~ each.about_zh, detail_en="A reason of cancellation without its date" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}hukou_division_status not in ('missing', 'unknown'){%- endset -%}
        {%- set fails -%}substr(hukou_division, 1, 4) <> '{{ city_code()[:4] }}'{%- endset -%}
        {%- set may_fail -%}substr(hukou_division, 1, 4) <> '{{ city_code()[:4] }}'{%- endset -%}
        {%- do checks.append(dict(each, rule_id='registered_home_elsewhere', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="户籍人口的户籍地不在本市" ~ each.about_zh, detail_en="In the city's household register with a home elsewhere" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}relationship in ('01', '02') and birth_date is not null{%- endset -%}
        {%- set fails -%}{{ is_younger(ymd('birth_date'), 'as_of', 16) }} and relationship = '02'{%- endset -%}
        {%- set may_fail -%}{{ is_younger(ymd('birth_date'), 'as_of', 16) }} and relationship = '02'{%- endset -%}
        {%- do checks.append(dict(each, rule_id='head_is_child', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="户主不满16周岁" ~ each.about_zh, detail_en="A household head under 16" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}birth_date is not null and sex in ('1', '2') and marital is not null{%- endset -%}
        {%- set fails -%}substr(marital, 1, 1) in ('2', '3', '4') and {{ ymd('as_of') }} - {{ ymd('birth_date') }} < case sex when '1' then 200000 else 180000 end{%- endset -%}
        {%- set may_fail -%}substr(marital, 1, 1) in ('2', '3', '4') and {{ ymd('as_of') }} - {{ ymd('birth_date') }} < case sex when '1' then 200000 else 180000 end{%- endset -%}
        {%- do checks.append(dict(each, rule_id='married_under_age', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="未到任何地方的法定婚龄而登记为已婚" ~ each.about_zh, detail_en="Said to be married below any legal age" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.household_register", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}birth_date is not null and education is not null{%- endset -%}
        {%- set fails -%}{{ ymd('as_of') }} - {{ ymd('birth_date') }} < case substr(education, 1, 1) when '1' then 180000 when '2' then 150000 when '3' then 150000 when '4' then 120000 when '6' then 120000 when '7' then 90000 when '8' then 40000 else 0 end{%- endset -%}
        {%- set may_fail -%}{{ ymd('as_of') }} - {{ ymd('birth_date') }} < case substr(education, 1, 1) when '1' then 180000 when '2' then 150000 when '3' then 150000 when '4' then 120000 when '6' then 120000 when '7' then 90000 when '8' then 40000 else 0 end{%- endset -%}
        {%- do checks.append(dict(each, rule_id='education_beyond_age', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="文化程度与年龄不符" ~ each.about_zh, detail_en="More education than the age allows" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "seen": "registered_on"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "seen": "collected_on"},
    ] -%}
        {%- set seen = each.seen -%}
        {%- set applies -%}arrived_on is not null and {{ seen }} is not null{%- endset -%}
        {%- set fails -%}arrived_on > {{ seen }}{%- endset -%}
        {%- set may_fail -%}arrived_on > {{ seen }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='registered_before_arrival', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="登记早于来本地" ~ each.about_zh, detail_en="Registered before arriving" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}permit_issued_on is not null and permit_valid_to is not null{%- endset -%}
        {%- set fails -%}permit_valid_to < permit_issued_on{%- endset -%}
        {%- set may_fail -%}permit_valid_to < permit_issued_on{%- endset -%}
        {%- do checks.append(dict(each, rule_id='permit_expires_before_issued', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="证件有效期止早于签发" ~ each.about_zh, detail_en="A permit that expires before it is issued" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}permit_issued_on is not null and arrived_on is not null{%- endset -%}
        {%- set fails -%}permit_issued_on < arrived_on{%- endset -%}
        {%- set may_fail -%}permit_issued_on < arrived_on{%- endset -%}
        {%- do checks.append(dict(each, rule_id='permit_before_arrival', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="签发证件早于来本地" ~ each.about_zh, detail_en="A permit issued before the arrival" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}permit_issued_on is not null{%- endset -%}
        {%- set fails -%}permit_number is null{%- endset -%}
        {%- set may_fail -%}permit_number is null{%- endset -%}
        {%- do checks.append(dict(each, rule_id='permit_without_number', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="已签发证件而无证号" ~ each.about_zh, detail_en="A permit issued without its number" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}permit_issued_on is not null and permit_valid_to is not null{%- endset -%}
        {%- set fails -%}{{ is_longer('permit_issued_on', 'permit_valid_to', 5) }}{%- endset -%}
        {%- set may_fail -%}{{ is_longer('permit_issued_on', 'permit_valid_to', 5) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='permit_term_too_long', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="证件有效期超过五年" ~ each.about_zh, detail_en="A permit valid for more than five years" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}permit_valid_to is not null and cancelled_on_status = 'missing'{%- endset -%}
        {%- set fails -%}permit_valid_to < {{ years_ago('as_of', 1) }}{%- endset -%}
        {%- set may_fail -%}permit_valid_to < {{ years_ago('as_of', 1) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='permit_expired_open', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="证件过期一年以上仍未注销或续签" ~ each.about_zh, detail_en="Expired over a year ago, neither cancelled nor renewed" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "is_here": "true"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "is_here": "flow = '1'"},
    ] -%}
        {%- set is_here = each.is_here -%}
        {%- set applies -%}{{ is_here }}{%- endset -%}
        {%- set fails -%}division_status = 'missing'{%- endset -%}
        {%- set may_fail -%}division_status = 'missing'{%- endset -%}
        {%- do checks.append(dict(each, rule_id='stay_without_place', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="在住登记无居住地" ~ each.about_zh, detail_en="A stay without a place" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}flow = '2'{%- endset -%}
        {%- set fails -%}destination_status = 'missing'{%- endset -%}
        {%- set may_fail -%}destination_status = 'missing'{%- endset -%}
        {%- do checks.append(dict(each, rule_id='outflow_without_destination', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="流出人口无流入地" ~ each.about_zh, detail_en="Gone away, and nobody says where" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}flow = '2' and destination_status in ('known', 'province_only') and hukou_division_status in ('known', 'province_only'){%- endset -%}
        {%- set fails -%}substr(destination, 1, 6) = substr(hukou_division, 1, 6){%- endset -%}
        {%- set may_fail -%}substr(destination, 1, 6) = substr(hukou_division, 1, 6){%- endset -%}
        {%- do checks.append(dict(each, rule_id='outflow_to_own_home', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="流入地就是户籍地" ~ each.about_zh, detail_en="Gone to where one is registered" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "is_in": "flow = '1'"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "is_in": "true"},
    ] -%}
        {%- set is_in = each.is_in -%}
        {%- set applies -%}{{ is_in }} and hukou_division_status = 'known' and division_status in ('community', 'partial', 'from_unit') and substr(hukou_division, 1, 6) <> '{{ city_code() }}'{%- endset -%}
        {%- set fails -%}substr(division, 1, 6) = substr(hukou_division, 1, 6) and substr(division, 5, 2) <> '99'{%- endset -%}
        {%- set may_fail -%}substr(division, 1, 6) = substr(hukou_division, 1, 6) and substr(division, 5, 2) <> '99'{%- endset -%}
        {%- do checks.append(dict(each, rule_id='migrant_at_home', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="流入登记的户籍地与居住地同在一个旗县区" ~ each.about_zh, detail_en="Registered as come from elsewhere, and at home in the same county" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}children is not null{%- endset -%}
        {%- set fails -%}children > 12 or children > 0 and {{ is_younger(ymd('birth_date'), 'as_of', 14) }}{%- endset -%}
        {%- set may_fail -%}children > 12 or children > 0 and {{ is_younger(ymd('birth_date'), 'as_of', 14) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='children_implausible', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="子女数不合理" ~ each.about_zh, detail_en="An impossible number of children" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}flow = '1' and left_on_status = 'missing' and updated_on is not null{%- endset -%}
        {%- set fails -%}updated_on < {{ years_ago('as_of', 2) }}{%- endset -%}
        {%- set may_fail -%}updated_on < {{ years_ago('as_of', 2) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='inflow_not_updated', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="流入个案两年未更新" ~ each.about_zh, detail_en="An in-flow case not updated for two years" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "known": "birth_date", "works": "flow_reason in ('01', '03')"},
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "known": "birth_date", "works": "stay_reason in ('01', '03')"},
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "", "about_zh": "", "about_en": "", "known": "id_number", "works": "employment = '1'"},
    ] -%}
        {%- set known = each.known -%}
        {%- set works = each.works -%}
        {%- set applies -%}{{ known }} is not null and {{ works }}{%- endset -%}
        {%- set fails -%}{% if known == 'id_number' %}{{ is_younger(number_ymd('id_number'), 'as_of', 16) }}{% else %}{{ is_younger(ymd('birth_date'), 'as_of', 16) }}{% endif %}{%- endset -%}
        {%- set may_fail -%}{% if known == 'id_number' %}{{ is_younger(number_ymd('id_number'), 'as_of', 16) }}{% else %}{{ is_younger(ymd('birth_date'), 'as_of', 16) }}{% endif %}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='working_under_16', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="不满16周岁而登记为务工或从业" ~ each.about_zh, detail_en="Said to work under 16" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}verification = '2'{%- endset -%}
        {%- set fails -%}destination_status = 'missing'{%- endset -%}
        {%- set may_fail -%}destination_status = 'missing'{%- endset -%}
        {%- do checks.append(dict(each, rule_id='moved_away_without_destination', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="核查为已搬走而无去向" ~ each.about_zh, detail_en="Found to have moved away, nobody says where" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "centre.verification", "role": "resident", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}verification = '5'{%- endset -%}
        {%- set fails -%}correction is null{%- endset -%}
        {%- set may_fail -%}correction is null{%- endset -%}
        {%- do checks.append(dict(each, rule_id='correction_without_text', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="核查为更正而未写内容" ~ each.about_zh, detail_en="A correction that corrects nothing" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "psb.temporary_residence", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "is_here": "true"},
        {"dataset": "hfpc.padis_case", "role": "migrant", "discriminator": "", "about_zh": "", "about_en": "", "is_here": "flow = '1'"},
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "", "about_zh": "", "about_en": "", "is_here": "true"},
        {"dataset": "grid.household_visit", "role": "resident", "discriminator": "", "about_zh": "", "about_en": "", "is_here": "true"},
    ] -%}
        {%- set is_here = each.is_here -%}
        {%- set applies -%}{{ is_here }}{%- endset -%}
        {%- set fails -%}phone is null and address is null{%- endset -%}
        {%- set may_fail -%}phone is null and address is null{%- endset -%}
        {%- do checks.append(dict(each, rule_id='unreachable', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="既无电话又无地址" ~ each.about_zh, detail_en="Neither phone nor address" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}given_on is not null and birth_date is not null{%- endset -%}
        {%- set fails -%}given_on < birth_date{%- endset -%}
        {%- set may_fail -%}given_on < birth_date{%- endset -%}
        {%- do checks.append(dict(each, rule_id='dose_before_birth', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="接种早于出生" ~ each.about_zh, detail_en="Vaccinated before being born" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}due_on is not null and birth_date is not null{%- endset -%}
        {%- set fails -%}due_on < birth_date{%- endset -%}
        {%- set may_fail -%}due_on < birth_date{%- endset -%}
        {%- do checks.append(dict(each, rule_id='dose_due_before_birth', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="应种日期早于出生" ~ each.about_zh, detail_en="A dose due before the birth" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}given_on is not null and due_on is not null and vaccination_kind = '1'{%- endset -%}
        {%- set fails -%}{{ days_between('given_on', 'due_on') }} > 28{%- endset -%}
        {%- set may_fail -%}{{ days_between('given_on', 'due_on') }} > 28{%- endset -%}
        {%- do checks.append(dict(each, rule_id='dose_too_early', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="接种比应种日期早28天以上" ~ each.about_zh, detail_en="Vaccinated more than 28 days too early" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}vaccination_kind = '1' and vaccine is not null and dose is not null{%- endset -%}
        {%- set fails -%}dose < 1 or dose > case when vaccine in ('BCG', 'MR', 'HepA') then 1 when vaccine in ('JE', 'MenA', 'MenAC', 'MMR') then 2 when vaccine = 'HepB' then 3 else 4 end{%- endset -%}
        {%- set may_fail -%}dose < 1 or dose > case when vaccine in ('BCG', 'MR', 'HepA') then 1 when vaccine in ('JE', 'MenA', 'MenAC', 'MMR') then 2 when vaccine = 'HepB' then 3 else 4 end{%- endset -%}
        {%- do checks.append(dict(each, rule_id='dose_out_of_schedule', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="剂次超出该疫苗的免疫程序" ~ each.about_zh, detail_en="A dose that the schedule does not have" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.immunization", "role": "child", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}vaccination_kind = '1' and birth_date is not null and due_on is not null{%- endset -%}
        {%- set fails -%}{{ is_older(ymd('birth_date'), 'due_on', 17) }}{%- endset -%}
        {%- set may_fail -%}{{ is_older(ymd('birth_date'), 'due_on', 17) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='child_vaccine_to_adult', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="儿童常规免疫接种于成人" ~ each.about_zh, detail_en="Routine childhood vaccination of an adult" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.maternal_service", "role": "woman", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}birth_date is not null and served_on is not null{%- endset -%}
        {%- set fails -%}{{ is_younger(ymd('birth_date'), 'served_on', 12) }} or {{ is_older(ymd('birth_date'), 'served_on', 60) }}{%- endset -%}
        {%- set may_fail -%}{{ is_younger(ymd('birth_date'), 'served_on', 12) }} or {{ is_older(ymd('birth_date'), 'served_on', 60) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='maternal_age_impossible', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="孕产服务对象不满12岁或超过60岁" ~ each.about_zh, detail_en="Maternal service to a girl under 12 or a woman over 60" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}true{%- endset -%}
        {%- set fails -%}not {{ any_match('record_key', '^[0-9]{17}$') }}{%- endset -%}
        {%- set may_fail -%}not {{ any_match('record_key', '^[0-9]{17}$') }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='health_record_key_malformed', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="健康档案编号不是17位数字" ~ each.about_zh, detail_en="A health record's number without its 17 digits" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.health_record", "role": "patient", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}created_on is not null{%- endset -%}
        {%- set fails -%}coalesce(updated_on, created_on) < {{ years_ago('as_of', 5) }}{%- endset -%}
        {%- set may_fail -%}coalesce(updated_on, created_on) < {{ years_ago('as_of', 5) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='health_record_idle', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="健康档案五年未更新" ~ each.about_zh, detail_en="A health record not updated for five years" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hfpc.birth_certificate", "role": "child", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}issued_on is not null and birth_date is not null{%- endset -%}
        {%- set fails -%}{{ is_longer('birth_date', 'issued_on', 1) }}{%- endset -%}
        {%- set may_fail -%}{{ is_longer('birth_date', 'issued_on', 1) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='birth_certified_late', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="出生一年后才签发出生医学证明" ~ each.about_zh, detail_en="A birth certified over a year later" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}stage is not null and grade is not null{%- endset -%}
        {%- set fails -%}not case stage when '1' then grade between 1 and 6 when '2' then grade between 1 and 4 or grade between 6 and 9 else grade between 1 and 3 or grade between 10 and 12 end{%- endset -%}
        {%- set may_fail -%}not case stage when '1' then grade between 1 and 6 when '2' then grade between 1 and 4 or grade between 6 and 9 else grade between 1 and 3 or grade between 10 and 12 end{%- endset -%}
        {%- do checks.append(dict(each, rule_id='grade_out_of_stage', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="年级超出学段" ~ each.about_zh, detail_en="A grade that the stage does not have" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}stage is not null and grade between 1 and 6 and birth_date is not null and left_on is null{%- endset -%}
        {%- set fails -%}abs({{ ymd('as_of') }} - {{ ymd('birth_date') }} - 10000 * (grade + case stage when '1' then 6 when '2' then 12 else 15 end)) > 45000{%- endset -%}
        {%- set may_fail -%}abs({{ ymd('as_of') }} - {{ ymd('birth_date') }} - 10000 * (grade + case stage when '1' then 6 when '2' then 12 else 15 end)) > 45000{%- endset -%}
        {%- do checks.append(dict(each, rule_id='pupil_age_not_of_grade', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="学生年龄与年级相差四岁以上" ~ each.about_zh, detail_en="A pupil's age four years off the grade" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}substr(record_key, 1, 1) = 'G' and id_number is not null{%- endset -%}
        {%- set fails -%}substr(record_key, 2) <> id_number{%- endset -%}
        {%- set may_fail -%}substr(record_key, 2) <> id_number{%- endset -%}
        {%- do checks.append(dict(each, rule_id='school_key_not_of_number', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="学籍号与身份证件号不符" ~ each.about_zh, detail_en="A school key that is not of the pupil's number" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}id_number is not null{%- endset -%}
        {%- set fails -%}substr(record_key, 1, 1) = 'L'{%- endset -%}
        {%- set may_fail -%}substr(record_key, 1, 1) = 'L'{%- endset -%}
        {%- do checks.append(dict(each, rule_id='school_key_still_temporary', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="已有号码而仍用临时学籍号" ~ each.about_zh, detail_en="Still a temporary school key though the number is known" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "edu.student_enrollment", "role": "student", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}is_migrant_child in ('0', '1') and hukou_division_status in ('known', 'province_only') and division_status in ('community', 'partial', 'from_unit') and substr(division, 5, 2) <> '99' and substr(hukou_division, 5, 2) <> '99'{%- endset -%}
        {%- set fails -%}is_migrant_child = '1' and substr(hukou_division, 1, 6) = substr(division, 1, 6) or is_migrant_child = '0' and substr(hukou_division, 1, 2) <> substr(division, 1, 2){%- endset -%}
        {%- set may_fail -%}is_migrant_child = '1' and substr(hukou_division, 1, 6) = substr(division, 1, 6) or is_migrant_child = '0' and substr(hukou_division, 1, 2) <> substr(division, 1, 2){%- endset -%}
        {%- do checks.append(dict(each, rule_id='migrant_child_flag_wrong', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="随迁子女标志与户籍地不符" ~ each.about_zh, detail_en="Migrant child or not, against the registered home" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}active = '1'{%- endset -%}
        {%- set fails -%}ended_on <= delivered_on{%- endset -%}
        {%- set may_fail -%}ended_on is not null{%- endset -%}
        {%- do checks.append(dict(each, rule_id='insured_active_but_ended', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="已终止而状态仍为在保" ~ each.about_zh, detail_en="Ended, and still said to be insured" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}active = '1' and paid_to is not null{%- endset -%}
        {%- set fails -%}paid_to < {{ years_ago('as_of', 2) }}{%- endset -%}
        {%- set may_fail -%}paid_to < {{ years_ago('as_of', 2) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='insured_not_paid_for', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="在保而两年未缴费" ~ each.about_zh, detail_en="Said to be insured, unpaid for two years" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}paid_to is not null and enrolled_on is not null{%- endset -%}
        {%- set fails -%}{{ days_between('paid_to', 'enrolled_on') }} > 62{%- endset -%}
        {%- set may_fail -%}{{ days_between('paid_to', 'enrolled_on') }} > 62{%- endset -%}
        {%- do checks.append(dict(each, rule_id='paid_before_insured', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="缴费截止早于参保" ~ each.about_zh, detail_en="Paid up to a month before enrolment" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}paid_to is not null{%- endset -%}
        {%- set fails -%}{{ is_longer('delivered_on', 'paid_to', 2) }}{%- endset -%}
        {%- set may_fail -%}{{ is_longer('first_delivered_on', 'paid_to', 2) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='paid_far_ahead', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="缴费截止在两年以后" ~ each.about_zh, detail_en="Paid up to more than two years ahead" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}insurance in ('110', '120', '210', '410', '510') and id_number is not null and enrolled_on is not null{%- endset -%}
        {%- set fails -%}{{ is_younger(number_ymd('id_number'), 'enrolled_on', 16) }}{%- endset -%}
        {%- set may_fail -%}{{ is_younger(number_ymd('id_number'), 'enrolled_on', 16) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='worker_scheme_under_16', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="不满16周岁参加职工保险" ~ each.about_zh, detail_en="In a workers' scheme under 16" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}insurance in ('210', '410', '510') and active = '1' and id_number is not null{%- endset -%}
        {%- set fails -%}{{ is_older(number_ymd('id_number'), 'as_of', 69) }}{%- endset -%}
        {%- set may_fail -%}{{ is_older(number_ymd('id_number'), 'as_of', 69) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='worker_scheme_beyond_pension', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="超过70岁仍参加失业、工伤或生育保险" ~ each.about_zh, detail_en="In an unemployment, injury or maternity scheme over 70" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hrss.social_insurance", "role": "insured", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}insurance in ('210', '410', '510'){%- endset -%}
        {%- set fails -%}employer is null{%- endset -%}
        {%- set may_fail -%}employer is null{%- endset -%}
        {%- do checks.append(dict(each, rule_id='worker_scheme_without_employer', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="失业、工伤、生育保险无单位" ~ each.about_zh, detail_en="An employer's scheme without an employer" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}employment = '2'{%- endset -%}
        {%- set fails -%}industry is not null{%- endset -%}
        {%- set may_fail -%}industry is not null{%- endset -%}
        {%- do checks.append(dict(each, rule_id='unemployed_with_industry', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="登记失业而填有从业行业" ~ each.about_zh, detail_en="Registered as unemployed with an industry" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hrss.employment", "role": "worker", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}employment = '2' and id_number is not null and registered_on is not null{%- endset -%}
        {%- set fails -%}{{ is_older(number_ymd('id_number'), 'registered_on', 60) }}{%- endset -%}
        {%- set may_fail -%}{{ is_older(number_ymd('id_number'), 'registered_on', 60) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='unemployed_beyond_pension', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="超过60岁登记失业" ~ each.about_zh, detail_en="Registered as unemployed over 60" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}certified = '1'{%- endset -%}
        {%- set fails -%}finished_on_status = 'missing'{%- endset -%}
        {%- set may_fail -%}finished_on_status = 'missing'{%- endset -%}
        {%- do checks.append(dict(each, rule_id='certified_before_finished', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="未结业而鉴定合格" ~ each.about_zh, detail_en="Certified without finishing" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}started_on is not null and finished_on is not null{%- endset -%}
        {%- set fails -%}{{ is_longer('started_on', 'finished_on', 2) }}{%- endset -%}
        {%- set may_fail -%}{{ is_longer('started_on', 'finished_on', 2) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='course_longer_than_two_years', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="培训超过两年" ~ each.about_zh, detail_en="A course of more than two years" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "hrss.training", "role": "trainee", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}subsidy_yuan is not null{%- endset -%}
        {%- set fails -%}subsidy_yuan > 20000{%- endset -%}
        {%- set may_fail -%}subsidy_yuan > 20000{%- endset -%}
        {%- do checks.append(dict(each, rule_id='subsidy_implausible', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="培训补贴超过2万元" ~ each.about_zh, detail_en="A training subsidy of more than 20,000 yuan" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}rent_yuan is not null{%- endset -%}
        {%- set fails -%}rent_yuan = 0 or rent_yuan > 100000{%- endset -%}
        {%- set may_fail -%}rent_yuan = 0 or rent_yuan > 100000{%- endset -%}
        {%- do checks.append(dict(each, rule_id='rent_implausible', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="月租金为零或超过10万元" ~ each.about_zh, detail_en="A monthly rent of nothing or over 100,000 yuan" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "housing.rental_filing", "role": "tenant", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}started_on is not null and ended_on is not null{%- endset -%}
        {%- set fails -%}{{ is_longer('started_on', 'ended_on', 20) }}{%- endset -%}
        {%- set may_fail -%}{{ is_longer('started_on', 'ended_on', 20) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='lease_over_20_years', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="租期超过二十年" ~ each.about_zh, detail_en="A lease of more than twenty years" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}status in ('1', '2', '3'){%- endset -%}
        {%- set fails -%}status = '3' and allotted_on_status = 'missing' or status in ('1', '2') and allotted_on is not null{%- endset -%}
        {%- set may_fail -%}status = '3' and allotted_on_status = 'missing' or status in ('1', '2') and allotted_on is not null{%- endset -%}
        {%- do checks.append(dict(each, rule_id='allotment_not_of_state', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="公租房状态与配租日期不符" ~ each.about_zh, detail_en="A state that the allotment contradicts" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}household_size is not null{%- endset -%}
        {%- set fails -%}household_size < 1 or household_size > 15{%- endset -%}
        {%- set may_fail -%}household_size < 1 or household_size > 15{%- endset -%}
        {%- do checks.append(dict(each, rule_id='household_size_implausible', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="家庭人口为零或超过15人" ~ each.about_zh, detail_en="A household of nobody or of more than fifteen" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "housing.public_rental", "role": "applicant", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}id_number is not null and applied_on is not null{%- endset -%}
        {%- set fails -%}{{ is_younger(number_ymd('id_number'), 'applied_on', 16) }}{%- endset -%}
        {%- set may_fail -%}{{ is_younger(number_ymd('id_number'), 'applied_on', 16) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='public_rental_applicant_minor', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="公租房申请人未成年" ~ each.about_zh, detail_en="An applicant for public housing under 18" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}kind = '1' and registered_on is not null and (husband_birth_date is not null or wife_birth_date is not null){%- endset -%}
        {%- set fails -%}{{ is_younger(ymd('husband_birth_date'), 'registered_on', 20) }} or {{ is_younger(ymd('wife_birth_date'), 'registered_on', 18) }}{%- endset -%}
        {%- set may_fail -%}{{ is_younger(ymd('husband_birth_date'), 'registered_on', 20) }} or {{ is_younger(ymd('wife_birth_date'), 'registered_on', 18) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='marriage_under_age', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="结婚登记时未到法定婚龄" ~ each.about_zh, detail_en="Married below the legal age" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "civil.marriage", "role": "husband", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}kind is not null{%- endset -%}
        {%- set fails -%}kind not in ('1', '2'){%- endset -%}
        {%- set may_fail -%}kind not in ('1', '2'){%- endset -%}
        {%- do checks.append(dict(each, rule_id='marriage_kind_unknown', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="婚姻登记类型不是结婚或离婚" ~ each.about_zh, detail_en="Neither a marriage nor a divorce" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}monthly_yuan is not null and assistance in ('1', '2', '3'){%- endset -%}
        {%- set fails -%}monthly_yuan = 0 or monthly_yuan > 20000{%- endset -%}
        {%- set may_fail -%}monthly_yuan = 0 or monthly_yuan > 20000{%- endset -%}
        {%- do checks.append(dict(each, rule_id='assistance_amount_implausible', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="月救助金额为零或超过2万元" ~ each.about_zh, detail_en="Assistance of nothing or over 20,000 yuan a month" ~ each.about_en)) -%}
    {%- endfor -%}
    {%- for each in [
        {"dataset": "civil.assistance", "role": "recipient", "discriminator": "", "about_zh": "", "about_en": ""},
    ] -%}
        {%- set applies -%}assistance = '5' and started_on is not null and ended_on_status = 'missing'{%- endset -%}
        {%- set fails -%}started_on < {{ years_ago('as_of', 1) }}{%- endset -%}
        {%- set may_fail -%}started_on < {{ years_ago('as_of', 1) }}{%- endset -%}
        {%- do checks.append(dict(each, rule_id='temporary_aid_open', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, detail_zh="临时救助一年以上未终止" ~ each.about_zh, detail_en="Temporary aid open for over a year" ~ each.about_en)) -%}
    {%- endfor -%}
    {{- return(checks) -}}
{% endmacro %}

{% macro rules_of_the_day() %}
    {{
        return([
            'age_over_120',
            'id_first_generation',
            'name_of_newborn_kept',
            'guardian_too_young',
            'funding_year_implausible',
            'head_is_child',
            'married_under_age',
            'education_beyond_age',
            'permit_expired_open',
            'children_implausible',
            'inflow_not_updated',
            'working_under_16',
            'health_record_idle',
            'pupil_age_not_of_grade',
            'insured_not_paid_for',
            'worker_scheme_beyond_pension',
            'temporary_aid_open',
        ])
    }}
{% endmacro %}
