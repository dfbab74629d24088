"""What a prompt may name of a file: values of closed lists, so that no name can pass as one."""

from __future__ import annotations

MODALITIES = """
    BI BMD CR CT DG DMS DX ECG EPS ES GM IO IVOCT IVUS LS MG MR NM OCT OP OPT PT PX RF RG RTIMAGE
    SM TG US XA XC
"""
"""Defined terms of images (PS3.3 C.7.3.1.1.1)."""
BODY_PARTS = """
    ABDOMEN ABDOMENPELVIS ADRENAL ANKLE AORTA ARM AXILLA BACK BILEDUCT BLADDER BRAIN BREAST
    BRONCHUS BUTTOCK CALCANEUS CALF CAROTID CEREBELLUM CERVIX CHEEK CHEST CHESTABDOMEN
    CHESTABDPELVIS CIRCLEOFWILLIS CLAVICLE COCCYX COLON CORNEA CORONARYARTERY CSPINE CTSPINE
    DUODENUM EAR ELBOW ESOPHAGUS EXTREMITY EYE EYELID FACE FEMUR FINGER FOOT FOREARM GALLBLADDER
    HAND HEAD HEADNECK HEART HIP HUMERUS IAC ILEUM ILIUM JAW JEJUNUM KIDNEY KNEE LARYNX LEG LIVER
    LSPINE LSSPINE LUNG MAXILLA MEDIASTINUM MOUTH NECK NECKCHEST NECKCHESTABDOMEN
    NECKCHESTABDPELV NOSE ORBIT OVARY PANCREAS PAROTID PATELLA PELVIS PENIS PHARYNX PROSTATE
    RECTUM RIB SCALP SCAPULA SCLERA SCROTUM SHOULDER SINUS SKULL SPINE SPLEEN SSPINE STERNUM
    STOMACH SUBMANDIBULAR TESTIS THIGH THORAX THUMB THYMUS THYROID TIBIA TLSPINE TMJ TOE TONGUE
    TRACHEA TSPINE UMBILICAL URETER URETHRA UTERUS UVULA VAGINA VULVA WHOLEBODY WRIST
    ZYGOMA
"""
"""Defined terms of Body Part Examined (PS3.16 annex L)."""


def modality_named(value: str) -> str:
    """Return a modality as a prompt names it, '' when the list has none such."""
    return _of(value, MODALITIES)


def body_part_named(value: str) -> str:
    """Return a body part as a prompt names it, '' when the list has none such."""
    return _of(value, BODY_PARTS).lower()


def _of(value: str, terms: str) -> str:
    # Many devices part the words: "C SPINE", "CHEST_ABDOMEN".
    term = value.upper().replace(" ", "").replace("_", "")
    return term if term in terms.split() else ""
