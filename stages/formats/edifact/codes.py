"""Code lists of the directories, where a document brings the code: what D.96A has, and what D.01B has besides.

Every other code stands in the grammar itself. A code that the directory does not have is not written.

Source: UN/EDIFACT directories D.96A and D.01B, UNCL.
"""

from __future__ import annotations

from functools import cache

LISTS: dict[str, tuple[str, str]] = {
    "1001": (
        """
        1-43 59-101 105 110 120 130 140 150 190 201-212 215 220-233 240-242 245 270-271 310-311 315 320
        325-328 330 335 340-341 343 345 350-351 370 380-390 393-396 409 412 425-431 435 447-448 450-452
        454-458 460 465-469 481 485 490-493 520 530 550 575 580 610 621-624 630-633 635 640 650 655
        700-716 720 722-724 730 740-741 743-746 750 760-761 763-766 770 775 780-799 810-812 820-825 830
        833 840-841 850-853 855-856 860-865 870 890 895-896 901 910-911 913-917 925-927 929-938 940-941
        950-955 960-966 990-991 995-996 998""",
        """
        44-58 102-104 106-109 111-119 121-129 131-139 141-149 151-189 191-200 213-214 216-219 234-239
        243-244 246-269 272-309 312-314 316-319 321-324 329 331-334 336-339 342 344 346-349 352-359
        371-379 391-392 397-408 410-411 413-414 432-434 449 453""",
    ),
    "5189": (
        """
        1-53""",
        """
        54-70""",
    ),
    "7161": (
        """
        AA AAA AAB AAC AAD AAE AAF AAG AAH AAI AAJ AAK AAL AAM AAN AAO AAP AAQ AAR AAS AAT AAU AAV AAW
        AAX AAY AAZ ABA ABB ABC ABD ABE ABF ABG ABH ABI ABJ ABK ABL ABM ABN ABO ABP ABQ ABR ABS ABT ABU
        ABV ABW ABX ABY ABZ ACA ACB ACC ACD ACE ACF ACG ACH ACI ACJ ACK ACL ACM ACN ACO ACP ACQ ACR ACS
        ACT ACU ACV ACW ACX ACY ACZ ADA ADB ADC ADD ADE ADF ADG ADH ADI ADJ ADK ADL ADM ADN ADO ADP ADQ
        ADR ADS ADT AG AJ AL AM AU CA CAA CAB CAC CAD CAE CAF CAG CAH CAI CAJ CAK CB CD CG CK CL CO CP CS
        CT CW DA DAA DAB DAD DAE DI DL DM EAA EAB EG EP ER EX FA FAA FAB FAC FC FG FH FI FN FR GAA HAA HD
        HH IA IAA IAB ID IF IN IR IS KO L1 LA LAA LAB LAC LF LS MA MAA MAB MAC MAD MAE MC MI ML NAA OA
        OAA PA PAA PAB PAC PAD PAE PC PD PI PL PN PO QAA QD RAA RAB RAC RAD RAE RAF RAG RAH RE RF RH RO
        RP RV SA SAA SAB SAC SAD SAE SAF SAG SAH SAI SAJ SC SD SF SG SH SM ST SU SZ TAA TAB TAC TAD TAE
        TD TS TT TV TX TZ UM V1 V2 VAA VAB VL WH XAA YY ZZZ""",
        """
        ADU ADV ADW ADX ADY ADZ AEA AEB AEC AED AEE AEF AEG AEH AEI AEJ AEK AEL AEM AEN AEO AEP AEQ AER
        AES AET AEU AEV AEW AEX AEY AEZ CAL CAM CAN CAO CAP CAQ CAR CAS CAT""",
    ),
    "4451": (
        """
        AAA AAB AAC AAD AAE AAF AAG AAH AAI AAJ AAK AAL AAM AAN AAO AAP AAQ AAR AAS AAT AAU AAV AAW AAX
        AAY AAZ ABA ABC ABD ABE ABF ABG ABH ABI ABJ ABK ABL ABM ABN ABO ABP ABQ ABR ABS ABT ABU ABV ABW
        ABX ABY ABZ ACA ACB ACC ACD ACE ACF ACG ACH ACI ACJ ACK ACL ACM ACN ACO ACP ACQ ACR ACS ACT ACU
        ACV ACW ACX ACY ACZ ADA ADB ADC ADE ADF ADG ADH ADI ADJ ADK ADL ADM ADN ADO ALC ALL ARR AUT BLC
        BLR CCI CEX CHG CIP CLP CLR COI CUR CUS DAR DCL DEL DIN DOC DUT EUR FBC GBL GEN GS7 HAN HAZ ICN
        IIN IMI IND INS INV IRP ITR ITS LIN LOI MCO MKS ORI OSI PAC PAI PAY PKG PKT PMD PMT PRD PRF PRI
        PUR QIN QQD QUT RAH REG RET REV RQR RQT SAF SIC SIN SLR SPA SPG SPH SPP SPT SRN SSR SUR TCA TDT
        TRA TRR TXD WHI ZZZ""",
        """
        ABB ADD ADP ADQ ADR ADS ADT ADU ADV ADW ADX ADY ADZ AEA AEB AEC AED AEE AEF AEG AEH AEI AEJ AEK
        AEL AEM AEN AEO AEP AEQ AER AES AET AEU AEV AEW AEX AEY AEZ AFA AFB AFC AFD AFE AFF AFG AFH AFI
        AFJ AFK AFL AFM AFN AFO AFP AFQ AFR AFS AFT AFU AFV AFW AFX AFY AFZ AGA AGB AGC AGD AGE AGF AGG
        AGH AGI AGJ AGK AGL AGM AGN AGO AGP AGQ AGR AGS AGT AGU AGV AGW AGX AGY AGZ AHA AHB AHC AHD AHE
        AHF AHG AHH AHI AHJ AHK AHL AHM AHN AHO AHP AHQ AHR AHS AHT AHU AHV AHW AHX AHY AHZ AIA AIB AIC
        AID AIE AIF AIG AIH AII AIJ AIK AIL AIM AIN AIO AIP AIQ AIR AIS AIT AIU AIV AIW AIX AIY AIZ AJA
        AJB ALD ALE ALF ALG ALH ALI ALJ ALK ALM ALN ALO ALP ALQ ARS AUU AUV AUW AUX AUY AUZ AVA AVB BLD
        BLE BLF BLG BLH BLI BLJ BLK BLL BLM BLN BLO""",
    ),
    "4461": (
        """
        1-23 25-43 50 60-67 70 74-78 91-97 ZZZ""",
        """
        24 44-49 51""",
    ),
    "5305": (
        """
        A B C E G H O S Z""",
        """
        AA AB AC AD""",
    ),
    "7143": (
        """
        AA AB AC AD AE AF AG AH AI AJ AK AL AM AN AO AP AT AU BO BP CC CG CL CR CV DR DW EC EF EN GB GN
        GS HS IB IN IS IT IZ MA MF MN MP NB ON PD PL PO PV QS RC RN RU RY SA SG SK SN SRS SS ST TG UA UP
        VN VP VS VX ZZZ""",
        """
        AQ AR AS AV AW AX AY AZ BA BB BC BD BE BF BG BH BI BJ BK BL BM BN BQ BR BS BT BU BV BW BX BY BZ
        SRT SRU SRV""",
    ),
    "1229": (
        """
        1-24""",
        """
        25-110""",
    ),
}
"""Data element -> codes of D.96A, codes that D.01B has besides; `1-43` is every number between."""

_PLACES = {
    ("BGM", 1, 0): "1001", ("ALC", 2, 1): "5189", ("ALC", 5, 0): "7161", ("FTX", 1, 0): "4451", ("PAI", 1, 2): "4461",
    ("TAX", 6, 0): "5305", ("LIN", 3, 1): "7143", ("PIA", 2, 1): "7143", ("LIN", 2, 0): "1229",
}  # fmt: skip


@cache
def allowed(release: str) -> dict[tuple[str, int, int], frozenset[str]]:
    """(tag, element from 1, component from 0) -> the codes that may stand there."""
    return {place: frozenset(_codes(element, release)) for place, element in _PLACES.items()}


def _codes(element: str, release: str) -> list[str]:
    first, second = LISTS[element]
    found: list[str] = []
    for said in (first + (second if release == "01B" else "")).split():
        low, dash, high = said.partition("-")
        found += [str(n) for n in range(int(low), int(high) + 1)] if dash else [said]
    return found
