for (const table of document.querySelectorAll('table[data-sortable]')) {
  const value = (row, column) => { const cell = row.cells[column]; return cell.dataset.n === undefined ? cell.textContent : +cell.dataset.n };
  table.querySelectorAll('th').forEach((head, column) => {
    const button = document.createElement('button');
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const up = head.getAttribute('aria-sort') !== 'ascending';
      for (const other of table.querySelectorAll('th')) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const compare = (a, b) => typeof a === 'number' ? a - b : a.localeCompare(b, 'en', {numeric: true});
      const rows = [...table.tBodies[0].rows].sort((a, b) => compare(value(a, column), value(b, column)) * (up ? 1 : -1));
      table.tBodies[0].append(...rows);
    });
  });
}
