"""Words of descriptions that identify nobody, and words that identify the patient of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_WORD = re.compile(r"[^\W_]+")
_SHORTEST: Final = 3
"""Letters of a word that may identify; shorter ones are in too many others."""
_SHORTEST_NUMBER: Final = 6

_LIST = """
    ABDOMEN ABDOMINAL ADC ADRENAL ANGIO ANGIOGRAPHY ANKLE ANTERIOR AORTA AP ARM ARTERIAL ARTERY
    ASL ATTENUATION AVERAGE AX AXIAL BASE BLADDER BLOOD BODY BOLD BONE BRAIN BREAST BREATH BRONCHI
    CARDIAC CAROTID CERVICAL CHEST CINE CLAVICLE COLON CONTRAST COR CORONAL CORRECTED CRANIUM CTA
    DELAYED DERIVED DIASTOLE DIFFUSION DIXON DTI DWI DYNAMIC ECHO ELBOW EPI EXTREMITY FACE FAT FDG
    FEMUR FFE FIELD FIESTA FLAIR FLASH FLOW FMRI FOOT FRONTAL FSE FUSED GRADIENT GRASE GRE HAND
    HEAD HEART HIP HOLD IMAGE INVERSION IR IVIM KIDNEY KNEE LAT LATERAL LEFT LEG LEVEL LIVER LOC
    LOCALISER LOCALIZER LUMBAR LUNG LYMPH MAG MAGNITUDE MAP MAX MEAN MEDIASTINUM MIN MIP MIX MPR
    MPRAGE MRA MRI NATIVE NECK NODE NONE OBL OBLIQUE ORBIT PANCREAS PAROTID PASS PDW PELVIS
    PERFUSION PET PHASE PITUITARY PLAIN PORTAL POST POSTERIOR PRE PROSTATE PROTON PULMONARY RATIO
    REAL RECON REFORMATTED RENAL REST RIB RIGHT SAG SAGITTAL SCAN SCOUT SELLA SEQUENCE SERIES SHIM
    SHORT SHOULDER SINUS SKULL SLICE SOFT SPACE SPECTROSCOPY SPIN SPINE SPLEEN STANDARD STERNUM STIR
    STRESS SUBTRACTION SURVEY SUV SWI SYSTOLE T1W T2W TEMPORAL TEST THICK THIN THORAX THYROID TIBIA
    TIME TIRM TISSUE TOF TOPOGRAM TRA TRACE TRANSVERSE TRUFI TSE TURBO ULTRASOUND UTERUS VASCULAR
    VEIN VENOUS VIEW VOLUME WATER WHOLE WITH WITHOUT WRIST
    PHANTOM PATIENT ANONYMOUS ANONYMIZED REMOVED UNKNOWN NAME
"""
KNOWN: Final = frozenset(_LIST.split())
_CODES = re.compile(r"T[12]W?|[BDHIJU]\d\d[A-Z]?|[234]D|\d{1,2}MM")
"""T1, B30F, 3D, 5MM."""


def known_words(text: str, identity: frozenset[str]) -> str:
    """Return the technical and anatomical words of a description that are not in `identity`."""
    words = [word for word in _WORD.findall(text) if word.upper() not in identity]
    return " ".join(w for w in words if w.upper() in KNOWN or _CODES.fullmatch(w.upper()))


def identifying_words(texts: Iterable[str]) -> frozenset[str]:
    """Return the words, in capitals, by which the patient could be recognized in other texts."""
    words = {word.upper() for text in texts for word in _WORD.findall(text)}
    return frozenset(word for word in words if _identifies(word))


def _identifies(word: str) -> bool:
    return len(word) >= (_SHORTEST_NUMBER if word.isdecimal() else _SHORTEST)


def names_somebody(text: str, identity: frozenset[str]) -> bool:
    """Whether a text has a word of `identity` that is no word of the trade."""
    return any(w.upper() in identity and w.upper() not in KNOWN for w in _WORD.findall(text))
